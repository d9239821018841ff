import RollcallCore

@testable import RollcallKit

/// Standard output of one process, whose reader stalls now and then.
///
/// Unchecked because everything of a seed runs on one thread.
final class ReaderOutput: LineOutput, @unchecked Sendable {
  private let reader: LineReader
  private let agenda: Agenda
  private let waits = PendingRequests<Void>()

  init(_ reader: LineReader, agenda: Agenda) {
    self.reader = reader
    self.agenda = agenda
  }

  func die() { waits.cancelAll() }

  func write(_ line: [UInt8]) async -> LineWriter.Ending? {
    while true {
      let wait = reader.wait()
      guard wait > 0 else { break }
      let isOver: Void? = await waits.wait { [agenda] end in agenda.after(wait) { end(()) } }
      if isOver == nil { return .cancelled }
    }
    guard !Task.isCancelled else { return .cancelled }
    reader.take(line)
    return nil
  }

  func readerLeaves() async -> LineWriter.Ending {
    // The reader never leaves.
    _ = await waits.wait { _ in }
    return .cancelled
  }
}
