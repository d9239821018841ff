import RollcallCore

/// Where events are posted. The URL is a secret; its host is not.
struct WebhookURL: Hashable, Sendable {
  static let maximumBytes = 8192

  /// What is said of a URL that ``isExposed``.
  static let exposure = "http: is not encrypted; anyone on the network can read the events"

  let url: Secret
  /// The host and port, for logs.
  let host: String
  /// Whether what is posted can be read on its way: `http:` to another machine, which is worth a warning.
  let isExposed: Bool

  /// - Parameter source: where the text came from, for the error, which does not repeat it.
  /// - Throws: ``UsageError`` where it is no `https:` or `http:` URL of printable ASCII, or has a user or a fragment.
  init(_ text: String, from source: SecretOrigin) throws(UsageError) {
    let right = "give https://host/path"
    guard !SecretText.isQuoted(text) else { throw .quoted(source) }
    guard text.utf8.count <= Self.maximumBytes else {
      throw .invalidSecret(source, "is too long for a URL", right: "give at most \(Self.maximumBytes) bytes")
    }
    guard let separator = text.utf8.range(ofRun: "://".utf8) else {
      throw .invalidSecret(source, "is no URL", right: right)
    }
    let isSecure: Bool
    switch text[..<separator.lowerBound].lowercased() {
    case "https": isSecure = true
    case "http": isSecure = false
    default: throw .invalidSecret(source, "has a scheme that cannot be posted to", right: right)
    }
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw .invalidSecret(source, "has a blank or a character beyond ASCII", right: "give it percent-encoded")
    }
    guard !text.contains(bytesOf: "#") else {
      throw .invalidSecret(source, "has a fragment, which is never sent", right: "leave out the # and the rest")
    }
    let authority = text[separator.upperBound...].prefix { $0 != "/" && $0 != "?" }
    guard !authority.contains(bytesOf: "@") else {
      throw .invalidSecret(source, "has a user in it", right: source.headerAdvice)
    }
    guard let authority = Authority(authority) else {
      throw .invalidSecret(source, "has no valid host", right: right)
    }
    isExposed = !isSecure && !authority.isLoopback
    host = authority.text
    url = Secret(text)
  }
}
