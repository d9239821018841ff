import CZlib

/// Inflates a gzip body (RFC 1952) as it arrives.
///
/// A body may consist of several members. Any other bytes after a member make it invalid.
@safe final class Inflater {
  /// Why a body cannot be inflated any further.
  enum Failure: Error {
    /// The bytes are not gzip, or their checksum or length is wrong.
    case invalid
    /// The receiver of the output refused more of it.
    case refused
  }

  /// The maximum number of bytes of output handed over at once.
  private static let outputBytes = 32 << 10

  private let stream: OpaquePointer
  private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: outputBytes, alignment: 16)
  /// Whether the last member is complete.
  private(set) var isComplete = false

  /// - Returns: nil if there is not enough memory.
  init?() {
    guard let stream = unsafe czlib_open() else { return nil }
    unsafe self.stream = stream
  }

  deinit {
    unsafe czlib_close(stream)
    unsafe output.deallocate()
  }

  /// Inflates the next bytes of the body.
  ///
  /// - Parameter take: receives the output in order and returns whether to go on.
  func inflate(_ input: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) -> Bool) throws(Failure) {
    guard let room = unsafe output.baseAddress else { throw .invalid }
    var rest = unsafe input[...]
    while true {
      if isComplete {
        guard unsafe !rest.isEmpty else { return }
        guard unsafe czlib_reset(stream) == 0 else { throw .invalid }
        isComplete = false
      }
      let part = unsafe UnsafeRawBufferPointer(rebasing: rest)
      let step = unsafe czlib_inflate(stream, part.baseAddress, part.count, room, Self.outputBytes)
      if step.given > 0, unsafe !take(UnsafeRawBufferPointer(start: room, count: step.given)) { throw .refused }
      unsafe rest = rest.dropFirst(step.taken)
      switch step.progress {
      case .invalid: throw .invalid
      case .end: isComplete = true
      case .more:
        // With room left in the output, nothing waits inside.
        if unsafe rest.isEmpty, step.given < Self.outputBytes { return }
        guard step.taken > 0 || step.given > 0 else { throw .invalid }
      }
    }
  }
}
