package import RollcallCore

/// An account at a provider, whose lists are read.
package struct Space: Sendable, Equatable {
  package let provider: Provider
  /// Scheme, host and port without a trailing slash, such as `https://example.signalwire.com`.
  package let origin: String
  /// The project id, which is also the account sid.
  package let project: String
  /// The path of the list of conferences as it appears in links, without the suffix that requests need.
  let conferencesPath: String
  /// The path of all calls.
  var callsPath: String { "\(accountPath)/Calls" }
  /// The suffix of the paths of requests.
  let pathSuffix: String
  private let accountPath: String

  /// - Parameter provider: the provider; nil for the one that the origin belongs to.
  package init(origin: String, project: String, provider: Provider? = nil) {
    self.provider = provider ?? Provider(ofOrigin: origin)
    self.origin = origin.hasSuffix("/") ? String(origin.dropLast()) : origin
    self.project = project
    let dialect = self.provider.dialect
    accountPath = "\(dialect.basePath)/Accounts/\(PercentEncoding.segment(project))"
    conferencesPath = "\(accountPath)/Conferences"
    pathSuffix = dialect.pathSuffix
  }

  /// Returns a failure's description with the space's host replaced by "the provider", so that it can be passed on.
  package func withoutHost(_ text: String) -> String {
    let origin: RequestOrigin
    do throws(HTTPFailure) { origin = try RequestOrigin(of: Secret(self.origin)) } catch { return text }
    return [self.origin, "\(origin)", origin.host].reduce(text) { text, name in
      text.replacing(bytesOf: name, with: "the provider")
    }
  }

  /// Whether the space is reached over TLS.
  var isEncrypted: Bool { origin.hasPrefix("https:") }

  /// The source named in this space's events.
  package var eventSource: EventSource {
    EventSource(account: origin + accountPath, nobody: "\(origin)\(provider.dialect.basePath)/Accounts/redacted")
  }
}

/// Percent-encoding of parts of a URL. Source: RFC 3986 section 2.
enum PercentEncoding {
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// Encodes a path segment; colons, which sids may contain, are kept.
  static func segment(_ text: String) -> String {
    // Sids, which are encoded for every request, need no encoding.
    let isPlain = unsafe text.utf8.withContiguousStorageIfAvailable { unsafe $0.allSatisfy(isUnreserved) } ?? false
    return isPlain ? text : encode(text.utf8, keeping: ":")
  }

  /// Encodes a value of a query.
  static func value(_ text: String) -> String { encode(text.utf8, keeping: "") }

  /// Encodes bytes that need not be text as a value of a query.
  static func value(_ bytes: [UInt8]) -> String { encode(bytes, keeping: "") }

  /// Decodes a value of a query; malformed escapes are kept.
  static func decoded(_ value: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = value.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let hidden = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(hidden)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func encode(_ text: some Collection<UInt8>, keeping kept: String) -> String {
    var bytes: [UInt8] = []
    for byte in text {
      if isUnreserved(byte) || kept.utf8.contains(byte) {
        bytes.append(byte)
      } else {
        bytes.append(contentsOf: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]])
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-._~".utf8.contains(byte)
    }
  }
}
