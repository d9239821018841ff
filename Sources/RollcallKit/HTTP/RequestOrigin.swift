import RollcallCore

/// The scheme, host and port of a URL, which are not secret.
struct RequestOrigin: Equatable {
  var isEncrypted: Bool
  var host: String
  var port: Int

  /// - Throws: ``HTTPFailure`` if the URL is not an absolute, percent-encoded `http:` or `https:` URL.
  init(of url: Secret) throws(HTTPFailure) {
    let text = url.reveal()
    guard let parsed = RequestOrigin(text) else {
      throw HTTPFailure(.unreachable, "the URL is not a valid http: or https: URL")
    }
    self = parsed
  }

  // Works on bytes because it runs for every request, and characters would take longer than all other preparations.
  private init?(_ text: String) {
    let bytes = text.utf8
    guard bytes.allSatisfy({ (0x21...0x7e).contains($0) }), let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
      return nil
    }
    switch text[..<colon].lowercased() {
    case "http": isEncrypted = false
    case "https": isEncrypted = true
    default: return nil
    }
    let afterScheme = bytes[colon...]
    guard afterScheme.starts(with: "://".utf8) else { return nil }
    let authority = afterScheme.dropFirst(3).prefix { !Self.endsAuthority($0) }
    // A user name and password may come before the last @; they are secret.
    let address =
      authority.lastIndex(of: UInt8(ascii: "@")).map { authority[authority.index(after: $0)...] } ?? authority
    let hostEnd: String.Index
    if address.first == UInt8(ascii: "[") {
      guard let bracket = address.firstIndex(of: UInt8(ascii: "]")) else { return nil }
      hostEnd = address.index(after: bracket)
    } else {
      hostEnd = address.firstIndex(of: UInt8(ascii: ":")) ?? address.endIndex
    }
    guard let port = Self.port(text[hostEnd..<address.endIndex], isEncrypted: isEncrypted),
      hostEnd > address.startIndex
    else { return nil }
    self.port = port
    host = String(text[address.startIndex..<hostEnd])
  }

  private static func endsAuthority(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "\\"): true
    default: false
    }
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
