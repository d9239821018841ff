import Testing

@testable import RollcallKit

/// What can be given as a CA file.
@Suite struct `A CA file` {
  @Test(arguments: ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"])
  func `holds certificates under each of their names`(title: String) {
    #expect(
      TrustStore.hasCertificate(Array("a comment\n-----BEGIN \(title)-----\nAAAA\n-----END \(title)-----\n".utf8)))
  }

  @Test(arguments: ["PRIVATE KEY", "RSA PRIVATE KEY", "CERTIFICATE REQUEST", "PUBLIC KEY"])
  func `is none where it holds something else`(title: String) {
    #expect(!TrustStore.hasCertificate(Array("-----BEGIN \(title)-----\nAAAA\n-----END \(title)-----\n".utf8)))
  }
}
