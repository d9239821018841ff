import RollcallCore
import RollcallServer

/// Who may ask, and how the provider's client proves it.
struct SpaceAccount: Sendable {
  let project: String
  let token: String
  /// What follows the scheme in the header.
  let credentials: String
  private let scheme: String

  init(seed: UInt64, dialect: any SpaceDialect = SignalWireSpace()) {
    var random = SplitMix64(seed: seed, purpose: 0)
    (project, token) = dialect.account(&random)
    scheme = dialect.scheme
    credentials = scheme == "Basic" ? Self.base64(Array("\(project):\(token)".utf8)) : token
  }

  /// The value of the header.
  var authorization: String { "\(scheme) \(credentials)" }

  /// Whether the request carries our credentials.
  func admits(_ request: ServerRequest) -> Bool {
    let parts = (request.header("authorization") ?? "").split(separator: " ")
    return parts.count == 2 && parts[0].lowercased() == scheme.lowercased() && parts[1] == credentials
  }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  private static func base64(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var word = group.reduce(0) { $0 << 8 | Int($1) }
      word <<= 8 * (3 - group.count)
      for place in 0..<4 {
        text.append(place <= group.count ? alphabet[word >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
