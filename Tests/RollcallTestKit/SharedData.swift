import Libc

/// Test data from third parties, kept beside the package in `../shared/data`. Tests that need it are skipped if it is
/// absent.
package enum SharedData {
  /// The folder; nil if it is absent.
  package static let directory: String? = {
    let here = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    let root = here.dropLast(3).joined(separator: "/")
    let folder = "\(root)/../shared/data"
    return unsafe access(folder, R_OK | X_OK) == 0 ? folder : nil
  }()

  /// Whether tests that need the folder can run.
  package static var isPresent: Bool { directory != nil }

  /// Returns the sorted names of the files in a folder below ``directory``; nil if the folder is unreadable.
  package static func names(in folder: String) -> [String]? {
    guard let directory, let stream = unsafe opendir("\(directory)/\(folder)") else { return nil }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  /// Returns the bytes of a file below ``directory``; nil if the file is unreadable.
  package static func bytes(of file: String) -> [UInt8]? {
    guard let directory else { return nil }
    let descriptor = unsafe open("\(directory)/\(file)", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk: [UInt8] = Array(repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return nil }
      guard count > 0 else { return bytes }
      bytes.append(contentsOf: chunk[..<count])
    }
  }
}
