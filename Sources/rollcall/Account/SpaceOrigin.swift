import RollcallCore
import RollcallKit

/// The only origin that the API token is sent to: `https:`, or `http:` on this machine.
struct SpaceOrigin: Hashable, Sendable {
  /// The domain of a space given by its bare name.
  static let providerDomain = "signalwire.com"

  /// Why a text is not a valid origin.
  enum Refusal: Error, Hashable, Sendable {
    case malformed
    /// `http:` to another machine, or another scheme, would send the token unencrypted.
    case insecure
  }

  let isSecure: Bool
  let authority: Authority

  /// The origin without a trailing slash, such as `https://example.signalwire.com`.
  var text: String { (isSecure ? "https://" : "http://") + authority.text }

  /// The provider that the host belongs to; nil if it is unknown.
  var owner: Provider? { Provider(host: authority.host) }

  /// - Parameter text: `example`, the host of a provider such as `example.signalwire.com`, or an origin with or without
  ///   a final slash.
  init(_ text: String) throws(Refusal) {
    // Lower-casing turns some letters beyond ASCII into ASCII letters.
    guard text.utf8.allSatisfy({ $0 < 0x80 }) else { throw .malformed }
    let lower = text.lowercased()
    guard let scheme = lower.utf8.range(ofRun: "://".utf8) else {
      let bare = lower.contains(bytesOf: ".") ? lower : "\(lower).\(Self.providerDomain)"
      // Any other domain must be given as an origin, so that a typing mistake does not send the token there.
      guard Provider(host: bare) != nil, let authority = Authority(bare), authority.port == nil else {
        throw .malformed
      }
      (isSecure, self.authority) = (true, authority)
      return
    }
    var rest = lower[scheme.upperBound...]
    if rest.hasSuffix("/") { rest.removeLast() }
    guard let authority = Authority(rest) else { throw .malformed }
    switch lower[..<scheme.lowerBound] {
    case "https": isSecure = true
    case "http" where authority.isLoopback: isSecure = false
    default: throw .insecure
    }
    self.authority = authority
  }
}

extension SpaceOrigin {
  /// Takes the space of an account from the option, or else the variables, or else the provider's only host.
  ///
  /// - Parameters:
  ///   - hint: the provider according to the options.
  ///   - named: the provider named by `--provider`.
  /// - Returns: nil if there is none.
  /// - Throws: ``UsageError`` for a space that is malformed, or does not fit the provider.
  init?(
    of hint: Provider?, named: Provider?, _ variables: AccountVariables, _ arguments: ParsedArguments,
    _ context: CommandContext
  ) throws(UsageError) {
    if let text = try arguments[AccountOptions.space] {
      try Self.refusePlace(variables, context)
      try self.init(LineEnds.trimmed(text), from: .option(AccountOptions.space.name), fits: named)
    } else if let variable = variables.space.first(where: { context[$0] != nil }), let text = context[variable] {
      try self.init(text, from: .environment(variable), fits: named)
    } else if let place = variables.place, place.isSet(in: context) {
      try self.init(TwilioHost(place, context).origin, from: .environment(place.region), fits: named)
    } else if let usual = hint?.dialect.origin {
      try self.init(usual, from: .option(AccountOptions.provider.name), fits: named)
    } else {
      return nil
    }
  }

  private init(_ text: String, from source: SecretOrigin, fits provider: Provider?) throws(UsageError) {
    guard !SecretText.isQuoted(text) else { throw .quoted(source) }
    do throws(Refusal) {
      self = try SpaceOrigin(text)
    } catch {
      throw Self.usage(error, source)
    }
    try check(source, fits: provider)
  }

  /// Rejects a region or an edge besides a space, because both determine the host.
  private static func refusePlace(_ variables: AccountVariables, _ context: CommandContext) throws(UsageError) {
    guard let place = variables.place, place.isSet(in: context) else { return }
    let set = [place.region, place.edge].filter { context[$0] != nil }.map(\.rawValue)
    let (them, verb) = (set.joined(separator: " and "), set.count == 1 ? "contradicts" : "contradict")
    throw UsageError(
      "\(them) \(verb) --space", right: "unset \(set.count == 1 ? "it" : "them"), or leave --space out",
      exit: .configuration)
  }

  /// Rejects a provider's host for another provider. An unknown host may offer any provider's API.
  private func check(_ source: SecretOrigin, fits provider: Provider?) throws(UsageError) {
    guard let provider, let owner, owner != provider else { return }
    let usual = provider.dialect.origin.map { "leave the space out for \($0)" } ?? "give a space of this provider"
    throw UsageError(
      "\(source.label) belongs to \(owner.dialect.name), which contradicts --provider \(provider.rawValue)",
      right: "\(usual), or give --provider \(owner.rawValue)", exit: .configuration)
  }

  private static func usage(_ refusal: Refusal, _ source: SecretOrigin) -> UsageError {
    switch refusal {
    case .malformed:
      UsageError(
        "\(source.label) is not a space", right: "give example, example.signalwire.com or https://host",
        exit: source.exit)
    case .insecure:
      UsageError(
        "\(source.label) would send the token unencrypted",
        right: "give https://, or http:// on 127.0.0.1, localhost or [::1]", exit: .configuration)
    }
  }
}

extension AccountVariables.Place {
  func isSet(in context: CommandContext) -> Bool { context[region] != nil || context[edge] != nil }
}

/// Twilio's host for a region and an edge. Source: twilio.com/docs/global-infrastructure, and its own clients, which
/// use the region us1 if only an edge is given.
private struct TwilioHost {
  private static let usualRegion = "us1"

  let origin: String

  /// - Throws: ``UsageError`` if one of the variables is not a valid label of a host name.
  init(_ place: AccountVariables.Place, _ context: CommandContext) throws(UsageError) {
    let edge = try Self.label(place.edge, like: "dublin", context)
    let region = try Self.label(place.region, like: "ie1", context) ?? Self.usualRegion
    origin = "https://" + (["api", edge, region].compactMap(\.self) + ["twilio.com"]).joined(separator: ".")
  }

  private static func label(
    _ variable: EnvironmentVariable, like example: String, _ context: CommandContext
  ) throws(UsageError) -> String? {
    guard let text = context[variable] else { return nil }
    guard !SecretText.isQuoted(text) else { throw .quoted(.environment(variable)) }
    guard Authority.isName(text), !text.utf8.contains(UInt8(ascii: ".")) else {
      throw .invalidSecret(
        .environment(variable), "is not part of a host name", right: "set it to a value such as \(example)")
    }
    return text.lowercased()
  }
}

/// The `host:port` of a URL: a name, an IPv4 address or an IPv6 address in brackets, without user and password.
struct Authority: Hashable, Sendable {
  static let maximumHostLength = 253

  /// The host in lower case; an IPv6 address keeps its brackets.
  let host: String
  /// The port, 1–65535; nil for the scheme's default port.
  let port: UInt16?

  /// - Returns: nil if the text is not a host with or without a port.
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
    guard tail.first == ":", digits.utf8.allSatisfy(\.isASCIIDigit), let port = UInt16(digits), port > 0 else {
      return nil
    }
    self.port = port
  }

  /// The host and, if there is one, the port.
  var text: String { port.map { "\(host):\($0)" } ?? host }

  /// Whether requests stay on this machine: 127.0.0.0/8, `localhost` and `[::1]`.
  var isLoopback: Bool {
    if host == "localhost" || host == "[::1]" { return true }
    let octets = host.split(separator: ".", omittingEmptySubsequences: false)
    // `127.1` and `0177.0.0.1` mean different machines to different resolvers.
    return octets.count == 4 && octets.first == "127" && octets.allSatisfy { UInt8($0).map(String.init) == String($0) }
  }

  /// Returns whether a text consists of labels of letters, digits, hyphens and, because containers use them,
  /// underscores.
  static func isName(_ host: String) -> Bool {
    guard (1...maximumHostLength).contains(host.utf8.count) else { return false }
    return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
        && label.utf8.allSatisfy { $0.isASCIILetterOrDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }
  }

  private static func isIPv6(_ text: Substring) -> Bool {
    (2...45).contains(text.utf8.count) && text.contains(bytesOf: ":")
      && text.utf8.allSatisfy {
        $0.isASCIIDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) || $0 == UInt8(ascii: ":")
          || $0 == UInt8(ascii: ".")
      }
  }
}
