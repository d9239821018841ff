/// Classes of ASCII characters.
extension UInt8 {
  /// Whether this is a decimal digit.
  package var isASCIIDigit: Bool { self &- UInt8(ascii: "0") < 10 }

  /// Whether this is a letter of either case or a decimal digit.
  package var isASCIILetterOrDigit: Bool { isASCIIDigit || (self | 0x20) &- UInt8(ascii: "a") < 26 }

  /// The value of a hexadecimal digit of either case; nil for any other character.
  package var hexadecimalValue: UInt8? {
    if isASCIIDigit { return self - UInt8(ascii: "0") }
    let letter = (self | 0x20) &- UInt8(ascii: "a")
    return letter < 6 ? letter + 10 : nil
  }

  /// Whether this may be part of a token, such as the name of a header (`tchar` of RFC 9110, section 5.6.2).
  package var isInHTTPToken: Bool { isASCIILetterOrDigit || "!#$%&'*+-.^_`|~".utf8.contains(self) }
}

extension String {
  /// This text with the upper-case letters of ASCII in lower case, and everything else as it is.
  var asciiLowercased: String {
    String(decoding: utf8.map { $0 &- UInt8(ascii: "A") < 26 ? $0 | 0x20 : $0 }, as: UTF8.self)
  }
}
