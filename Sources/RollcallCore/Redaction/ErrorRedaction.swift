/// What a provider says about an error, where identifiers are redacted: it may name the account, the conference, anybody.
enum ErrorRedaction {
  /// The shortest run of letters and digits that may be a sid, and of digits that may be a number to call.
  private static let (shortestSID, shortestNumber) = (20, 7)
  private static let replacement = "…"

  /// Returns the text without whatever looks like a sid or a telephone number.
  static func withoutIdentifiers(_ text: String) -> String {
    var result: [UInt8] = []
    var run: [UInt8] = []
    for byte in Array(text.utf8) + [UInt8(ascii: " ")] {
      if isPart(byte) {
        run.append(byte)
      } else {
        result += isIdentifier(run) ? Array(replacement.utf8) : run
        run = []
        result.append(byte)
      }
    }
    return String(decoding: result.dropLast(), as: UTF8.self)
  }

  private static func isPart(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20) &- 0x61 < 26 || "-_+".utf8.contains(byte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }

  private static func isIdentifier(_ run: [UInt8]) -> Bool {
    let digits = run.count(where: isDigit)
    return run.count >= shortestSID && digits > 0 || digits >= shortestNumber
  }
}
