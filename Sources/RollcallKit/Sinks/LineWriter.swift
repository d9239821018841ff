package import RollcallCore

/// Writes events to an output, as many lines at a time as it accepts, and never blocks the loop.
package actor LineWriter {
  package enum Ending: Sendable, Equatable {
    /// The reader has gone; the line that could not be written stays undelivered.
    case readerGone
    /// The descriptor failed with this `errno`.
    case failed(Int32)
    case unreadable(StoreFailure)
    case cancelled
  }

  /// The target's name in the store.
  package static let target = "stdout"
  private static let batch = 256
  /// The pause between two attempts to read a store that another program has locked.
  private static let lockPause: Duration = .milliseconds(100)

  private let loop: EventLoop
  private let store: any EventStore
  private let output: any LineOutput
  private let selection: EventFilter
  private let damages: DamageLog
  private var format: any LineFormat
  /// nil until it has been read from the store.
  private var cursor: Cursor?
  /// The number of lines written in this run.
  package private(set) var written = 0

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  package init(
    on loop: EventLoop, store: any EventStore, output: any LineOutput, format: any LineFormat = FrozenLines(),
    selection: EventFilter = .all
  ) {
    self.init(on: loop, store: store, output: output, format: format, selection: selection, damages: DamageLog())
  }

  init(
    on loop: EventLoop, store: any EventStore, output: any LineOutput, format: any LineFormat,
    selection: EventFilter, damages: DamageLog
  ) {
    self.loop = loop
    self.store = store
    self.output = output
    self.selection = selection
    self.damages = damages
    self.format = format
  }

  /// Writes the stored events after the cursor.
  ///
  /// - Returns: nil once everything is written.
  package func drain() async -> Ending? {
    while true {
      do throws(StoreFailure) {
        return try await writeStored()
      } catch {
        guard error.outage != nil else { return .unreadable(error) }
        do throws(CancellationError) { try await loop.sleep(for: Self.lockPause) } catch { return .cancelled }
      }
    }
  }

  private func writeStored() async throws(StoreFailure) -> Ending? {
    var cursor =
      if let cursor { cursor } else { try await store.cursor(of: Self.target) }
    while true {
      let events = try await store.events(after: cursor.taken, limit: Self.batch)
      guard !events.isEmpty else { return nil }
      var lines = Lines()
      for event in events {
        let next = event.isDamaged || !selection.accepts(event) ? nil : format.bytes(of: event)
        // The dead letter of a damaged event is stored at once, so the lines before it must be written.
        let mustWrite = event.isDamaged || lines.bytes.count + (next?.count ?? 0) > output.maximumWrite
        if mustWrite, let ending = await write(&lines, &cursor) { return ending }
        if event.isDamaged { giveUp(event) }
        lines.append(next, of: event)
      }
      if let ending = await write(&lines, &cursor) { return ending }
      // With a reader that is always ready, a backlog would keep the loop from all other work.
      await Task.yield()
    }
  }

  /// Lines that will be written together.
  private struct Lines {
    var bytes: [UInt8] = []
    var count = 0
    /// The sequence of the last event, whether or not it has a line; nil if there is none.
    var last: UInt64?

    mutating func append(_ line: [UInt8]?, of event: StoredEvent) {
      last = event.sequence
      guard let line else { return }
      if bytes.isEmpty { bytes = line } else { bytes += line }
      count += 1
    }
  }

  /// Writes lines, then marks their events as delivered.
  private func write(_ lines: inout Lines, _ cursor: inout Cursor) async -> Ending? {
    guard let last = lines.last else { return nil }
    if !lines.bytes.isEmpty, let ending = await output.write(lines.bytes) { return ending }
    written += lines.count
    lines = Lines()
    cursor.taken = last
    self.cursor = cursor
    store.saveCursor(cursor, of: Self.target)
    return nil
  }

  private func giveUp(_ event: StoredEvent) {
    damages.report(event)
    store.addDeadLetter(
      DeadLetter(target: Self.target, sequence: event.sequence, reason: .damaged, at: loop.wallClock))
  }

  /// Waits until the reader has gone.
  package func readerLeaves() async -> Ending { await output.readerLeaves() }
}

/// An output for lines, whose reader may be slow or gone.
package protocol LineOutput: Sendable {
  /// Writes lines as soon as there is room for them.
  ///
  /// - Returns: nil once all lines are written.
  func write(_ lines: [UInt8]) async -> LineWriter.Ending?

  /// Waits until the reader has gone.
  func readerLeaves() async -> LineWriter.Ending

  /// The maximum number of bytes of several lines in one call; a longer line is written by itself.
  var maximumWrite: Int { get }
}

extension LineOutput {
  /// 0: each line is written by itself.
  package var maximumWrite: Int { 0 }
}

/// Writes whole lines to a descriptor, and waits for room on the loop.
package struct DescriptorOutput: LineOutput {
  /// The pause after a write that found no room although the system had reported some, so that the loop does not spin.
  private static let pause: Duration = .milliseconds(20)

  /// The size up to which Linux writes to a pipe in one piece (`PIPE_BUF`).
  package let maximumWrite = 4096

  private let loop: EventLoop
  private let output: NonblockingOutput

  package init(on loop: EventLoop, to output: NonblockingOutput) {
    self.loop = loop
    self.output = output
  }

  /// Writes lines, in one call if there is room for all of them.
  ///
  /// - Returns: nil once all lines are written.
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

  /// Writes lines for at most `time`. A line that is not written by then may be cut.
  package func write(_ lines: [UInt8], within time: Duration) async {
    _ = await loop.perform(until: loop.now.advanced(by: time)) { await write(lines) }
  }

  /// Waits until the reader has gone.
  package func readerLeaves() async -> LineWriter.Ending {
    do throws(CancellationError) {
      try await output.readerLeaves(on: loop)
      return .readerGone
    } catch {
      return .cancelled
    }
  }
}

/// The format in which events are written to an output.
package protocol LineFormat: Sendable {
  /// Returns the bytes for the next event: whole lines, or nothing.
  mutating func bytes(of event: StoredEvent) -> [UInt8]
}

/// Events as their frozen lines.
package struct FrozenLines: LineFormat {
  package init() {}

  package func bytes(of event: StoredEvent) -> [UInt8] { event.line }
}
