import RollcallCore
import RollcallKit
import RollcallServer

/// The options for receiving status callbacks as hints.
struct CallbackOptions: Sendable {
  static let callbacks = Option(
    "callbacks", .listenAddress,
    help: "accept status callbacks as hints to poll at once, on 127.0.0.1 unless an address is given")
  static let tokenFile = Option(
    "callback-token-file", .file, help: "a file that holds the TOKEN in the URL of callbacks, /callbacks/TOKEN")

  let address: ListenAddress
  private let tokenPath: String

  /// - Returns: nil if no callbacks are taken.
  /// - Throws: ``UsageError`` if an option is missing, or cannot take effect.
  init?(_ arguments: ParsedArguments, scansOnce: Bool) throws(UsageError) {
    guard let address = try arguments[Self.callbacks] else {
      guard !arguments.has(Self.tokenFile) else {
        throw UsageError(
          "\(Self.tokenFile.name.argument) has no effect", right: "give \(Self.callbacks.name.argument) PORT too")
      }
      return nil
    }
    guard !scansOnce else { throw .contradiction(Self.callbacks, WatchOptions.once) }
    guard let path = try arguments[Self.tokenFile] else {
      throw UsageError(
        "\(Self.callbacks.name.argument) needs a token",
        right: "give \(Self.tokenFile.name.argument) FILE, such as one made by openssl rand -hex 16")
    }
    self.address = address
    tokenPath = path
  }

  /// Reads the token.
  ///
  /// - Returns: the token, and a warning about its file.
  /// - Throws: ``UsageError`` with ``ExitStatus/configuration``.
  func token(pipes: NamedFile.Pipes) throws(UsageError) -> (token: CallbackToken, warning: String?) {
    let file = try SecretFile(path: tokenPath, option: Self.tokenFile.name, pipes: pipes)
    guard let token = CallbackToken(file.secret) else {
      throw .invalidSecret(
        .file(Self.tokenFile.name), "has no valid token", right: "put \(CallbackToken.form) into it")
    }
    return (token, file.warning)
  }
}

/// The secret part of the URL that callbacks are sent to.
struct CallbackToken: Sendable {
  /// The accepted lengths of a token, in characters.
  static let lengths = 16...256
  static let form = "\(lengths.lowerBound) to \(lengths.upperBound) of A-Z a-z 0-9 _ -"

  /// Comparing digests takes the same time wherever two tokens differ.
  private let digest: [UInt8]

  /// - Returns: nil if the secret is too short or too long, or would have to be escaped in a URL.
  init?(_ secret: Secret) {
    let text = secret.reveal()
    guard Self.lengths.contains(text.utf8.count), text.utf8.allSatisfy(Self.accepts) else { return nil }
    digest = SHA256.hash(text.utf8)
  }

  /// Returns whether a text is the token.
  func matches(_ text: some StringProtocol) -> Bool {
    // A longer text cannot match, and is not worth hashing.
    guard text.utf8.count <= Self.lengths.upperBound else { return false }
    return ConstantTime.equals(SHA256.hash(text.utf8), digest)
  }

  private static func accepts(_ byte: UInt8) -> Bool {
    byte.isASCIILetterOrDigit || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }
}

/// The address at which a server of a watch listens.
struct ListenAddress: Hashable, Sendable {
  let host: HostAddress
  let port: UInt16

  /// - Parameter argument: `PORT`, `ADDRESS:PORT`, or `[ADDRESS]:PORT` for IPv6.
  /// - Returns: nil if it has none of these forms.
  init?(argument: String) {
    guard let (host, number) = Self.parts(of: argument[...]), let port = UInt16(number), port > 0,
      number.utf8.allSatisfy(\.isASCIIDigit)
    else { return nil }
    self.host = host
    self.port = port
  }

  private static func parts(of argument: Substring) -> (HostAddress, port: Substring)? {
    guard argument.first == "[" else {
      let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { return (.loopback, argument) }
      return HostAddress(parts[0], .ipv4).map { ($0, parts[1]) }
    }
    guard let bracket = argument.firstIndex(of: "]"), argument[bracket...].hasPrefix("]:") else { return nil }
    let text = argument[argument.index(after: argument.startIndex)..<bracket]
    return HostAddress(text, .ipv6).map { ($0, argument[bracket...].dropFirst(2)) }
  }
}

extension ValueKind where Value == ListenAddress {
  static var listenAddress: ValueKind {
    ValueKind(
      "[ADDRESS:]PORT",
      expected: "a port from 1 to 65535, or one with an address, such as 0.0.0.0:9100 or '[::1]:9100'"
    ) { ListenAddress(argument: $0) }
  }
}
