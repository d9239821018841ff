#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif
import RollcallCore

/// Why a file that a user named could not be read.
package enum NamedFileFailure: Error, Hashable, Sendable {
  /// With the `errno`.
  case cannotOpen(Int32)
  case cannotRead(Int32)
  case directory
  /// Neither a regular file nor a pipe nor a directory.
  case device
  /// A pipe where only a regular file can be read.
  case pipe
  /// No process had the other end open, or it wrote nothing.
  case emptyPipe
  /// The writer kept silent for this long.
  case silentPipe(Duration)
  case tooLong(maximum: Int)

  /// What is wrong, to follow the file's name.
  package var problem: String {
    switch self {
    case .cannotOpen(let number): "cannot be opened (\(SystemReason.text(number)))"
    case .cannotRead(let number): "cannot be read (\(SystemReason.text(number)))"
    case .directory: "is a directory"
    case .device: "is a device"
    case .pipe: "is a pipe, which can be read only once, at the start"
    case .emptyPipe: "is an empty pipe that nobody writes to"
    case .silentPipe(let silence): "is a pipe that gave nothing for \(DurationText.format(silence))"
    case .tooLong(let maximum): "is longer than \(Self.size(maximum))"
    }
  }

  /// What to give instead.
  package var remedy: String {
    switch self {
    case .cannotOpen(ENOENT): "give a file that exists"
    case .cannotOpen, .cannotRead: "give a file that can be read"
    case .directory, .device, .pipe, .emptyPipe, .silentPipe: "give a regular file"
    case .tooLong: "give a smaller file"
    }
  }

  private static func size(_ bytes: Int) -> String {
    bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB"
  }
}
