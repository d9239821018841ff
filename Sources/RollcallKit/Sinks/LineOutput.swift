/// Where lines go, to a reader who may be slow, or gone.
package protocol LineOutput: Sendable {
  /// Writes lines as soon as there is room for them.
  ///
  /// - Returns: nil once all of them are written.
  func write(_ lines: [UInt8]) async -> LineWriter.Ending?

  /// Waits until whoever reads has gone.
  func readerLeaves() async -> LineWriter.Ending
}

/// Writes whole lines to a descriptor, and waits for room on the loop.
package struct DescriptorOutput: LineOutput {
  /// The pause after an output that seemed to have room had none, so that the loop does not spin.
  private static let pause: Duration = .milliseconds(20)

  private let loop: EventLoop
  private let output: NonblockingOutput

  package init(on loop: EventLoop, to output: NonblockingOutput) {
    self.loop = loop
    self.output = output
  }

  /// Writes lines, by one call if there is room for all of them.
  ///
  /// - Returns: nil once all of them are written.
  package func write(_ lines: [UInt8]) async -> LineWriter.Ending? {
    var rest = lines[...]
    var hasWaited = false
    while true {
      switch rest.isEmpty ? output.flush() : output.offer(rest) {
      case .taken where rest.isEmpty: return nil
      case .taken(let count):
        rest = rest.dropFirst(count)
        hasWaited = false
      case .noRoom:
        do throws(CancellationError) {
          if hasWaited { try await loop.sleep(for: Self.pause) }
          hasWaited = true
          if try await output.room(on: loop) == .gone { return .readerGone }
        } catch {
          return .cancelled
        }
      case .readerGone: return .readerGone
      case .failed(let number): return .failed(number)
      }
    }
  }

  /// Writes lines for no longer than some time. What has not been written by then may be cut.
  package func write(_ lines: [UInt8], within time: Duration) async {
    _ = await loop.perform(until: loop.now.advanced(by: time)) { await write(lines) }
  }

  /// Waits until whoever reads has gone.
  package func readerLeaves() async -> LineWriter.Ending {
    do throws(CancellationError) {
      try await output.readerLeaves(on: loop)
      return .readerGone
    } catch {
      return .cancelled
    }
  }
}
