import CArguments
import RollcallKit

/// The arguments of this process.
///
/// The standard library reads them from `/proc` on Linux, and returns none if that is not mounted.
enum ProcessArguments {
  /// All arguments, the program's name first; empty if the system does not provide them.
  static var all: [String] {
    guard let values = unsafe carguments_values() else { return CommandLine.arguments }
    return (0..<Int(carguments_count())).map { unsafe values[$0].map { unsafe text($0) } ?? "" }
  }

  /// Returns the text for the system's bytes, which may name a file and need not be UTF-8.
  static func text(_ value: UnsafePointer<CChar>) -> String {
    var bytes: [UInt8] = []
    var byte = unsafe value
    while unsafe byte.pointee != 0 {
      bytes.append(unsafe UInt8(bitPattern: byte.pointee))
      unsafe byte += 1
    }
    return SystemPath.text(bytes)
  }

  /// Overwrites an argument, so that other users of the machine cannot see it.
  ///
  /// - Parameters:
  ///   - index: counted from 0, the program's name.
  ///   - skipped: the number of leading bytes that stay.
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
