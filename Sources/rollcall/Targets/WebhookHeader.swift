import RollcallCore

/// A header that the user adds to every POST. Its value is a secret.
struct WebhookHeader: Hashable, Sendable {
  static let maximumBytes = 8192

  /// In lower case: those that rollcall or HTTP itself writes.
  private static let reserved: Set<String> = [
    "connection", "content-length", "content-type", "host", "rollcall-previous-id", "transfer-encoding", "user-agent",
    "webhook-id", "webhook-signature", "webhook-timestamp", "x-hub-signature-256",
  ]

  let name: String
  let value: Secret

  /// - Parameter argument: `Name: value`.
  /// - Throws: ``UsageError``, which repeats neither name nor value.
  init(argument: String) throws(UsageError) {
    let source = SecretOrigin.option(WebhookOptions.header.name)
    guard let colon = argument.utf8.firstIndex(of: UInt8(ascii: ":")) else {
      throw .invalidSecret(source, "has no colon", right: source.headerForm)
    }
    let value = argument.utf8[argument.utf8.index(after: colon)...]
    try self.init(name: String(argument[..<colon]), value: value, from: source)
  }

  /// - Throws: ``UsageError``, which repeats neither name nor value.
  init(name: String, value: Substring.UTF8View, from source: SecretOrigin) throws(UsageError) {
    let right = source.headerForm
    guard name.utf8.count + value.count <= Self.maximumBytes else {
      throw .invalidSecret(source, "is too long", right: "give at most \(Self.maximumBytes) bytes")
    }
    guard !name.isEmpty, name.utf8.allSatisfy(Self.isTokenByte) else {
      throw .invalidSecret(source, "has a name that HTTP does not allow", right: right)
    }
    guard !Self.reserved.contains(name.lowercased()) else {
      throw .invalidSecret(source, "has a name that rollcall sets itself", right: "give another name")
    }
    guard value.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == UInt8(ascii: "\t") }) else {
      throw .invalidSecret(source, "has a line end or control character in its value", right: right)
    }
    self.name = name
    self.value = Secret(Self.trimmed(value))
  }

  private static func trimmed(_ value: Substring.UTF8View) -> String {
    let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    var value = value.drop(while: isBlank)
    while let last = value.last, isBlank(last) { value.removeLast() }
    return String(Substring(value))
  }

  /// A `tchar` of RFC 9110, section 5.6.2.
  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default:
      "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
