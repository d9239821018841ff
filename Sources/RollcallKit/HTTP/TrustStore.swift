import CCurl
import RollcallCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The certificate authorities that count: the system's and, where there is one, the one that the user adds.
enum TrustStore: Sendable, Equatable {
  /// What libcurl was built to trust.
  case builtIn
  /// A folder where a certificate is found by its name's hash, so that no bundle has to be read (17 ms of a start), and
  /// certificates in PEM besides: not their file, which may be a wrong one by the next connection.
  case folder(String, added: [UInt8]?)
  /// Everything, in PEM, for systems without such a folder.
  case certificates([UInt8])

  private static let systemFolder = "/etc/ssl/certs"
  /// The largest accepted bundle of the system, in bytes.
  private static let maximumBundle = 4 << 20

  init(adding added: AddedCertificates? = nil) {
    if Self.isHashed(Self.systemFolder) {
      self = .folder(Self.systemFolder, added: added?.bytes)
    } else if let added {
      let bundle = Self.builtInBundle.flatMap { try? NamedFile($0, maximum: Self.maximumBundle, pipes: .refused) }
      self = .certificates((bundle?.bytes ?? []) + [UInt8(ascii: "\n")] + added.bytes)
    } else {
      self = .builtIn
    }
  }

  private static var builtInBundle: String? {
    guard let easy = unsafe curl_easy_init() else { return nil }
    defer { unsafe curl_easy_cleanup(easy) }
    return unsafe ccurl_ca_file(easy).map { unsafe String(cString: $0) }
  }

  /// Whether a folder holds a certificate under its hash, such as `5ad8a5d6.0`.
  private static func isHashed(_ folder: String) -> Bool {
    #if canImport(Darwin)
      // The system's libcurl there asks the keychain.
      return false
    #else
      guard let stream = unsafe opendir(folder) else { return false }
      defer { unsafe closedir(stream) }
      while let entry = unsafe readdir(stream) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        }
        let parts = name.split(separator: ".")
        if parts.count == 2, parts[0].count == 8, parts[1] == "0", UInt32(parts[0], radix: 16) != nil { return true }
      }
      return false
    #endif
  }
}
