import RollcallCore

/// What a file of certificates in PEM holds, as far as that shows without reading the certificates. Source: RFC 7468.
enum PEMCertificates {
  /// The first byte of a certificate: a sequence, in DER.
  private static let sequence: UInt8 = 0x30

  /// How many certificates there are; other objects and text between them are passed over.
  ///
  /// - Returns: nil where one of them is cut or no base64.
  static func count(in bytes: [UInt8]) -> Int? {
    var count = 0
    var label: ArraySlice<UInt8>?
    var body: [UInt8] = []
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true) {
      let line = line.filter { $0 > 0x20 }
      if let begun = name(in: line, after: "-----BEGIN") {
        guard label == nil else { return nil }
        label = begun
        body = []
      } else if let ended = name(in: line, after: "-----END") {
        guard let begun = label, begun == ended else { return nil }
        label = nil
        guard begun.hasSuffix("CERTIFICATE-----".utf8) else { continue }
        guard Base64.decode(body)?.first == sequence else { return nil }
        count += 1
      } else if label != nil {
        body += line
      }
    }
    return label == nil ? count : nil
  }

  /// What follows the first word of a line that begins or ends an object.
  private static func name(in line: [UInt8], after word: String) -> ArraySlice<UInt8>? {
    guard line.starts(with: word.utf8) else { return nil }
    return line.dropFirst(word.utf8.count)
  }
}

extension Collection where Element == UInt8 {
  fileprivate func hasSuffix(_ suffix: some Collection<UInt8>) -> Bool {
    count >= suffix.count && self.suffix(suffix.count).elementsEqual(suffix)
  }
}
