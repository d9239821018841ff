import RollcallKit
import Synchronization

/// Prints what the threads of a receiver take in. A delivery is answered only once its line is written, so they wait for
/// a reader that stalls, until the receiver ends.
final class InboxPrinter: Sendable {
  private let output = StandardOutput.shared
  private let isOver = Atomic(false)
  private let endings: AsyncStream<LineWriter.Ending>
  private let end: AsyncStream<LineWriter.Ending>.Continuation

  init() { (endings, end) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1)) }

  /// Writes a line, and waits for room on the calling thread. Lines of several threads must not be written at once.
  ///
  /// - Returns: whether it is written.
  func print(_ line: [UInt8]) -> Bool {
    switch output.write(StandardOutput.shown(line), while: { !isOver.load(ordering: .relaxed) }) {
    case .taken: return true
    case .noRoom: return false
    case .readerGone: end.yield(.readerGone)
    case .failed(let number): end.yield(.failed(number))
    }
    return false
  }

  /// Has lines wait for room no longer.
  func stop() { isOver.store(true, ordering: .relaxed) }

  /// Waits until nothing more can be printed, or the task is cancelled. Nobody would know of the events otherwise.
  func ending(on loop: EventLoop) async -> LineWriter.Ending {
    await withTaskGroup(of: LineWriter.Ending.self) { group in
      defer { group.cancelAll() }
      group.addTask { await DescriptorOutput(on: loop, to: self.output).readerLeaves() }
      group.addTask { await self.endings.first { _ in true } ?? .cancelled }
      return await group.next() ?? .cancelled
    }
  }
}
