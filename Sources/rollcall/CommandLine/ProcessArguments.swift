import CArguments
import RollcallKit

/// The arguments of this process.
///
/// The standard library reads them from `/proc` on Linux, and has none where that is not mounted.
enum ProcessArguments {
  /// All of them, the name of the program first; empty where the system does not say.
  static var all: [String] {
    guard let values = unsafe carguments_values() else { return CommandLine.arguments }
    return (0..<Int(carguments_count())).map { unsafe values[$0].map { unsafe text($0) } ?? "" }
  }

  /// The text of what the system gives, which may name a file in bytes that are no text.
  static func text(_ value: UnsafePointer<CChar>) -> String {
    var bytes: [UInt8] = []
    var byte = unsafe value
    while unsafe byte.pointee != 0 {
      bytes.append(unsafe UInt8(bitPattern: byte.pointee))
      unsafe byte += 1
    }
    return SystemPath.text(bytes)
  }

  /// Overwrites an argument where other users of the machine see it.
  ///
  /// - Parameters:
  ///   - index: from 0, which is the name of the program.
  ///   - skipped: how many of its bytes stay.
  static func overwrite(_ index: Int, after skipped: Int, with cover: CChar) {
    let values = unsafe carguments_values() ?? CommandLine.unsafeArgv
    guard var byte = unsafe values[index] else { return }
    unsafe byte += skipped
    while unsafe byte.pointee != 0 {
      unsafe byte.pointee = cover
      unsafe byte += 1
    }
  }
}
