import Libc

/// A server in front of the polled space that speaks TLS and HTTP/2, as a provider's does.
struct TLSFront {
  /// The form of its replies.
  enum ReplyForm: Int, CaseIterable {
    /// With an `ETag`, and compressed.
    case tags
    /// Compressed to equal bytes if the contents are equal.
    case gzip
    /// Compressed to other bytes each time.
    case varied
  }

  /// The script that makes certificates and runs nginx, as seen from the folder of the package.
  private static let script = "Tests/RollcallCommandTests/Scripts/tls_front.py"
  /// Folders where nginx is often installed but which are not in `PATH`.
  private static let otherFolders = "/usr/local/sbin:/usr/sbin"

  private let process: ChildProcess
  private let addresses: [SpaceAddress]

  /// - Returns: nil if nginx, Python or openssl is missing, or the program was not started in the folder of the
  ///   package.
  init?(before space: SpaceAddress) {
    let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/usr/bin:/bin"
    guard unsafe access(Self.script, R_OK) == 0,
      let process = ChildProcess(
        "/usr/bin/env", ["python3", Self.script, "\(space.port)"], environment: ["PATH=\(path):\(Self.otherFolders)"])
    else { return nil }
    let words = String(decoding: Descriptor.read(process.output), as: UTF8.self).split(whereSeparator: \.isWhitespace)
    let ports = words.dropFirst().compactMap { Int($0) }
    guard let authority = words.first, ports.count == ReplyForm.allCases.count else { return nil }
    self.process = process
    addresses = ports.map { space.behind(port: $0, String(authority)) }
  }

  subscript(form: ReplyForm) -> SpaceAddress { addresses[form.rawValue] }
}
