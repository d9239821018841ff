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
    guard Self.isVisible(bytes), let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
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

  /// Whether a text consists of visible ASCII characters alone.
  private static func isVisible(_ text: String.UTF8View) -> Bool {
    unsafe text.withContiguousStorageIfAvailable { unsafe $0.allSatisfy(isVisible) } ?? text.allSatisfy(isVisible)
  }

  private static func isVisible(_ byte: UInt8) -> Bool { (0x21...0x7e).contains(byte) }

  fileprivate static func endsAuthority(_ byte: UInt8) -> Bool {
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

/// A URL split into the two parts that are passed to libcurl.
///
/// libcurl parses, normalises and prints the whole URL for every request, character by character, but copies a request
/// target as it is.
struct SplitURL: Equatable {
  /// Scheme and authority; the whole URL if there is no target.
  let base: String
  /// Path and query; nil if libcurl must find them.
  let target: String?

  /// - Parameter url: a URL from which a ``RequestOrigin`` can be created.
  init(_ url: Secret) {
    var text = url.reveal()
    let (authority, end, first) = text.withUTF8 { unsafe Self.places(in: $0) }
    let utf8 = text.utf8
    let path = text[utf8.index(utf8.startIndex, offsetBy: authority)..<utf8.index(utf8.startIndex, offsetBy: end)]
    switch first {
    case UInt8(ascii: "/"): (base, target) = (String(text[..<path.startIndex]), String(path))
    case UInt8(ascii: "?"): (base, target) = (String(text[..<path.startIndex]), "/" + path)
    case .some, .none: (base, target) = (text, nil)
    }
  }

  /// Returns the ends of the authority and of the target, and the first byte of the target.
  private static func places(in bytes: UnsafeBufferPointer<UInt8>) -> (authority: Int, end: Int, first: UInt8?) {
    let scheme = (unsafe bytes.firstIndex(of: UInt8(ascii: ":")) ?? 0) + "://".utf8.count
    let authority = unsafe bytes.dropFirst(scheme).firstIndex(where: RequestOrigin.endsAuthority) ?? bytes.count
    let end = unsafe bytes.dropFirst(authority).firstIndex(of: UInt8(ascii: "#")) ?? bytes.count
    return (authority, end, authority < end ? unsafe bytes[authority] : nil)
  }
}

extension RequestOrigin: CustomStringConvertible {
  var description: String { "\(host) port \(port)" }
}
