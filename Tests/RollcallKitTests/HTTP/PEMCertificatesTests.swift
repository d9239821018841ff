import Testing

@testable import RollcallKit

@Suite struct `Certificates in PEM` {
  private static let certificate = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n"
  private static let key = "-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----\n"

  @Test(arguments: [
    (certificate, 1), ("Subject: somebody\r\n" + certificate + certificate, 2), (key + certificate, 1), (key, 0),
    ("", 0),
    (certificate.split(separator: "\n").joined(separator: "\r\n"), 1),
    ("-----BEGIN TRUSTED CERTIFICATE-----\nMAMC\nAQE=\n-----END TRUSTED CERTIFICATE-----", 1),
  ])
  func `are counted, ignoring everything else`(text: String, count: Int) {
    #expect(PEMCertificates.count(in: Array(text.utf8)) == count)
  }

  @Test(arguments: [
    String(certificate.dropLast(5)), certificate + "-----BEGIN CERTIFICATE-----\nMAMC",
    "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    "-----BEGIN CERTIFICATE-----\nMA!C\n-----END CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\n" + certificate,
    "-----END CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END X509 CERTIFICATE-----",
  ])
  func `that are truncated or not base64 make the file invalid`(text: String) {
    #expect(PEMCertificates.count(in: Array(text.utf8)) == nil)
  }
}
