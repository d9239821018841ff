import RollcallCore

/// The `host:port` of a URL: a name, an IPv4 address or an IPv6 address in brackets, without user and password.
struct Authority: Hashable, Sendable {
  static let maximumHostLength = 253

  /// In lower case; an IPv6 address keeps its brackets.
  let host: String
  /// 1–65535; nil where the scheme's own port is meant.
  let port: UInt16?

  /// - Returns: nil where the text is not a host with or without a port.
  init?(_ text: some StringProtocol) {
    let host: String
    let tail: Substring
    let text = text.lowercased()
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      host = String(text[...end])
      tail = text[text.index(after: end)...]
      guard Self.isIPv6(host.dropFirst().dropLast()) else { return nil }
    } else {
      host = String(text.prefix { $0 != ":" })
      tail = text.dropFirst(host.count)
      guard Self.isName(host) else { return nil }
    }
    self.host = host
    guard !tail.isEmpty else {
      port = nil
      return
    }
    let digits = tail.dropFirst()
    guard tail.first == ":", digits.utf8.allSatisfy(Self.isDigit), let port = UInt16(digits), port > 0 else {
      return nil
    }
    self.port = port
  }

  /// The host and, where there is one, the port.
  var text: String { port.map { "\(host):\($0)" } ?? host }

  /// Whether requests stay on this machine: 127.0.0.0/8, `localhost` and `[::1]`.
  var isLoopback: Bool {
    if host == "localhost" || host == "[::1]" { return true }
    let octets = host.split(separator: ".", omittingEmptySubsequences: false)
    // `127.1` and `0177.0.0.1` mean different machines to different resolvers.
    return octets.count == 4 && octets.first == "127" && octets.allSatisfy { UInt8($0).map(String.init) == String($0) }
  }

  /// Labels of letters, digits, hyphens and, since containers have them, underscores.
  static func isName(_ host: String) -> Bool {
    guard (1...maximumHostLength).contains(host.utf8.count) else { return false }
    return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
        && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }
  }

  private static func isIPv6(_ text: Substring) -> Bool {
    (2...45).contains(text.utf8.count) && text.contains(bytesOf: ":")
      && text.utf8.allSatisfy {
        isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) || $0 == UInt8(ascii: ":")
          || $0 == UInt8(ascii: ".")
      }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
