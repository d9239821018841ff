import RollcallKit

/// Standard output of the commands that print once and end; events go through the kit's writer instead.
enum StandardOutput {
  static let descriptor: Int32 = 1

  /// Writes everything; where the reader has gone, the process ends as any program at a closed pipe does.
  ///
  /// - Throws: ``UsageError`` with ``ExitStatus/inputOutput`` where it cannot be written, as on a full disk.
  static func write(_ text: String) throws(UsageError) { try write(Array(text.utf8)) }

  static func write(_ bytes: [UInt8]) throws(UsageError) {
    try Descriptor.write(bytes, to: descriptor, failure: failure)
  }

  /// - Parameter number: the `errno` of what could not be written.
  static func failure(_ number: Int32) -> UsageError {
    UsageError(
      "standard output cannot be written (\(SystemReason.text(number)))", right: "give it somewhere with room",
      exit: .inputOutput)
  }
}
