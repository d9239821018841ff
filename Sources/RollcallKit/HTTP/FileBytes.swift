#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Small files, read whole.
enum FileBytes {
  /// - Returns: the file's bytes; nil where it cannot be read or is longer than the bound.
  static func read(_ path: String, atMost bound: Int) -> [UInt8]? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = unsafe systemRead(descriptor, &chunk, chunk.count)
      guard count >= 0, bytes.count + count <= bound else { return nil }
      guard count > 0 else { return bytes }
      bytes += chunk[..<count]
    }
  }
}

/// read(2), begun again where a signal interrupts it; the enum's own `read` would hide the system's.
@unsafe private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
  while true {
    let count = unsafe read(descriptor, buffer, count)
    if count >= 0 || errno != EINTR { return count }
  }
}
