import Libc
import Synchronization

/// Descriptors of state files beside those of SQLite.
///
/// POSIX locks belong to the process and not to a descriptor, so closing any descriptor of a file drops SQLite's locks on it.
/// A descriptor of a file that SQLite has open is therefore closed only after SQLite's last connection to that file.
/// Source: https://www.sqlite.org/howtocorrupt.html, section 2.2.
enum StateDescriptors {
  /// A file, whatever its path.
  struct FileID: Hashable, Sendable {
    private let device: UInt64
    private let number: UInt64

    fileprivate init(_ status: stat) {
      device = UInt64(truncatingIfNeeded: status.st_dev)
      number = UInt64(truncatingIfNeeded: status.st_ino)
    }
  }

  private struct Entry: Sendable {
    var connections = 0
    /// Descriptors to close after the last connection.
    var waiting: [Int32] = []
  }

  private static let entries = Mutex<[FileID: Entry]>([:])

  /// Records that SQLite has opened a file.
  ///
  /// - Returns: what to pass to ``connectionClosed(_:)``; nil if the file cannot be found.
  static func connectionOpened(_ path: String) -> FileID? {
    var status = stat()
    guard unsafe stat(SystemPath.bytes(of: path), &status) == 0 else { return nil }
    let file = FileID(status)
    entries.withLock { $0[file, default: Entry()].connections += 1 }
    return file
  }

  /// Records that SQLite has closed a file, and closes the descriptors that waited for it.
  static func connectionClosed(_ file: FileID?) {
    guard let file else { return }
    let waiting: [Int32] = entries.withLock { entries in
      guard var entry = entries[file] else { return [] }
      entry.connections -= 1
      entries[file] = entry.connections > 0 ? entry : nil
      return entry.connections > 0 ? [] : entry.waiting
    }
    for descriptor in waiting { Libc.close(descriptor) }
  }

  /// Closes a descriptor of a state file, now or after SQLite's last connection to it.
  static func close(_ descriptor: Int32) {
    var status = stat()
    let mayClose =
      unsafe fstat(descriptor, &status) != 0
      || entries.withLock { entries in
        guard entries[FileID(status)] != nil else { return true }
        entries[FileID(status)]?.waiting.append(descriptor)
        return false
      }
    if mayClose { Libc.close(descriptor) }
  }
}
