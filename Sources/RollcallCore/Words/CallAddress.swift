/// Telephone numbers, SIP addresses and client names, as providers write them in `from` and `to`.
package enum CallAddress {
  /// The maximum length of an address in a names file, in bytes: addresses in events are not longer.
  static let maximumBytes = 128
  /// The digits of an international number. Source: ITU-T E.164.
  package static let digits = 7...15

  private static let schemes = ["sip:", "sips:", "client:"]
  private static let numberSeparators = " -.()".utf8

  /// Whether a text is meant as an address rather than as a sid or the beginning of one.
  package static func isMeant(by key: String) -> Bool {
    key.utf8.first == UInt8(ascii: "+") || scheme(of: key) != nil
  }

  /// Returns the form that all spellings of one address share.
  ///
  /// A number loses its separators. A SIP address loses its parameters and its upper case.
  package static func canonical(_ address: String) -> String {
    if let number = number(address) { return number }
    guard let scheme = scheme(of: address), scheme != "client:" else { return address }
    // SQLite, which selects events by address too, knows the case of ASCII letters only.
    return withoutParameters(address).asciiLowercased
  }

  /// Returns the address without the SIP parameters that tell people nothing.
  static func readable(_ address: String) -> String {
    guard let scheme = scheme(of: address), scheme != "client:" else { return address }
    return withoutParameters(address)
  }

  /// Returns a telephone number as `+` and its digits; nil for any other text.
  static func number(_ text: String) -> String? {
    guard text.utf8.first == UInt8(ascii: "+") else { return nil }
    let rest = text.utf8.dropFirst().filter { !numberSeparators.contains($0) }
    guard digits.contains(rest.count), rest.allSatisfy(\.isASCIIDigit) else { return nil }
    return "+" + String(decoding: rest, as: UTF8.self)
  }

  /// Whether a text is a telephone number without its plus sign: no provider's sids begin with 9 digits.
  package static func isNumberWithoutPlus(_ text: String) -> Bool {
    (9...digits.upperBound).contains(text.utf8.count) && text.utf8.allSatisfy(\.isASCIIDigit)
  }

  /// Whether a text that is meant as an address is a valid one.
  package static func isValid(_ text: String) -> Bool { number(text) != nil || isValidURI(text) }

  /// Whether there is a text after the scheme, without spaces and control characters.
  static func isValidURI(_ text: String) -> Bool {
    guard let scheme = scheme(of: text), text.utf8.count > scheme.utf8.count else { return false }
    return text.utf8.count <= maximumBytes
      && text.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && $0.properties.generalCategory != .control }
  }

  private static func scheme(of text: String) -> String? {
    schemes.first { String(decoding: text.utf8.prefix($0.utf8.count), as: UTF8.self).asciiLowercased == $0 }
  }

  private static func withoutParameters(_ address: String) -> String {
    String(decoding: address.utf8.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: "?") }, as: UTF8.self)
  }
}

extension CallDetails {
  /// The address of the participant: `from` of an inbound call, `to` of an outbound one. nil if it is redacted or the
  /// direction is unknown.
  package var address: String? {
    let own: String? =
      switch direction?.prefix(while: { $0 != "-" }) {
      case "inbound": from
      case "outbound": to
      case nil, .some: nil
      }
    guard let address = own.flatMap(ShownName.used), !RedactedText.isOne(address) else { return nil }
    return CallAddress.readable(address)
  }
}

/// The provider's information about the person on a call.
package struct CallerIdentity: Hashable, Sendable {
  /// The provider's label; nil if it is absent, blank or redacted.
  package private(set) var label: String?
  /// The participant's address, as in ``CallDetails/address``.
  package private(set) var address: String?

  package init(label: String?, address: String?) {
    self.label = label.flatMap { RedactedText.isOne($0) ? nil : ShownName.used($0) }
    self.address = address
  }

  /// Updates the identity with what is known now; the rest stays as it was.
  package mutating func learn(_ latest: CallerIdentity) {
    label = latest.label ?? label
    address = latest.address ?? address
  }
}
