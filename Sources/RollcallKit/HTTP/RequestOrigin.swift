import RollcallCore

/// Where a request goes: what may be said of its URL.
struct RequestOrigin: Equatable {
  var isEncrypted: Bool
  var host: String
  var port: Int

  /// - Throws: ``HTTPFailure`` where the URL is not an absolute, percent-encoded `http:` or `https:` URL.
  init(of url: Secret) throws(HTTPFailure) {
    let text = url.reveal()
    guard let parsed = RequestOrigin(text) else {
      throw HTTPFailure(.unreachable, "the URL is not a valid http: or https: URL")
    }
    self = parsed
  }

  private init?(_ text: String) {
    guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }), let colon = text.firstIndex(of: ":") else { return nil }
    switch text[..<colon].lowercased() {
    case "http": isEncrypted = false
    case "https": isEncrypted = true
    default: return nil
    }
    let afterScheme = text[colon...]
    guard afterScheme.hasPrefix("://") else { return nil }
    let authority = afterScheme.dropFirst(3).prefix { !"/?#\\".contains($0) }
    // A name and a password may stand before the last @; they are secrets.
    let address = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
    let hostEnd: Substring.Index
    if address.first == "[" {
      guard let bracket = address.firstIndex(of: "]") else { return nil }
      hostEnd = address.index(after: bracket)
    } else {
      hostEnd = address.firstIndex(of: ":") ?? address.endIndex
    }
    guard let port = Self.port(address[hostEnd...], isEncrypted: isEncrypted), hostEnd > address.startIndex else {
      return nil
    }
    self.port = port
    host = String(address[..<hostEnd])
  }

  private static func port(_ text: Substring, isEncrypted: Bool) -> Int? {
    guard let colon = text.first else { return isEncrypted ? 443 : 80 }
    guard colon == ":", let port = UInt16(text.dropFirst()), port > 0 else { return nil }
    return Int(port)
  }
}

extension RequestOrigin: CustomStringConvertible {
  var description: String { "\(host) port \(port)" }
}
