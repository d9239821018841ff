import RollcallCore
import RollcallKit

/// The only origin that the API token is sent to: `https:`, or `http:` on this machine.
struct SpaceOrigin: Hashable, Sendable {
  /// What the bare name of a space belongs to.
  static let providerDomain = "signalwire.com"

  /// Why a text is no origin.
  enum Refusal: Error, Hashable, Sendable {
    case malformed
    /// `http:` to another machine, or another scheme, would show the token to everybody between.
    case insecure
  }

  let isSecure: Bool
  let authority: Authority

  /// The origin without a trailing slash, such as `https://example.signalwire.com`.
  var text: String { (isSecure ? "https://" : "http://") + authority.text }

  /// Whose the host is; nil where it is nobody's whom rollcall knows.
  var owner: Provider? { Provider(host: authority.host) }

  /// - Parameter text: `example`, the host of a provider such as `example.signalwire.com`, or an origin, which a slash may
  ///   end.
  init(_ text: String) throws(Refusal) {
    // Lower case turns some letters beyond ASCII into letters of it.
    guard text.utf8.allSatisfy({ $0 < 0x80 }) else { throw .malformed }
    let lower = text.lowercased()
    guard let scheme = lower.utf8.range(ofRun: "://".utf8) else {
      let bare = lower.contains(bytesOf: ".") ? lower : "\(lower).\(Self.providerDomain)"
      // Any other domain must be spelled as an origin, so that a slip of the finger does not send the token there.
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
