import Libc

/// A server that stands before the polled space and speaks TLS and HTTP/2, as a provider's does.
struct TLSFront {
  /// How it answers.
  enum Way: Int, CaseIterable {
    /// With an `ETag`, and compressed.
    case tags
    /// Compressed to equal bytes where the contents are equal.
    case gzip
    /// Compressed to other bytes each time.
    case varied
  }

  /// The script that makes certificates and runs nginx, as seen from the folder of the package.
  private static let script = "Tests/RollcallCommandTests/Scripts/tls_front.py"
  /// Where nginx is often installed but not looked for.
  private static let otherFolders = "/usr/local/sbin:/usr/sbin"

  private let process: ChildProcess
  private let addresses: [SpaceAddress]

  /// - Returns: nil where there is no nginx, Python or openssl, or the program was not started in the folder of the package.
  init?(before space: SpaceAddress) {
    let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/usr/bin:/bin"
    guard unsafe access(Self.script, R_OK) == 0,
      let process = ChildProcess(
        "/usr/bin/env", ["python3", Self.script, "\(space.port)"], environment: ["PATH=\(path):\(Self.otherFolders)"])
    else { return nil }
    let words = String(decoding: Descriptor.read(process.output), as: UTF8.self).split(whereSeparator: \.isWhitespace)
    let ports = words.dropFirst().compactMap { Int($0) }
    guard let authority = words.first, ports.count == Way.allCases.count else { return nil }
    self.process = process
    addresses = ports.map { space.behind(port: $0, String(authority)) }
  }

  subscript(way: Way) -> SpaceAddress { addresses[way.rawValue] }
}
