package import RollcallCore

/// Writes events to an output, several lines at once where it takes them, and never blocks the loop.
package actor LineWriter {
  package enum Ending: Sendable, Equatable {
    /// Whoever read has gone; the line that could not be written stays undelivered.
    case readerGone
    /// The descriptor failed with this `errno`.
    case failed(Int32)
    case unreadable(StoreFailure)
    case cancelled
  }

  /// The name by which the store knows this target.
  package static let target = "stdout"
  private static let batch = 256
  /// Between two attempts to read a store that another program has locked.
  private static let lockPause: Duration = .milliseconds(100)

  private let loop: EventLoop
  private let store: any EventStore
  private let output: any LineOutput
  private let selection: EventFilter
  private let damages: DamageLog
  private var format: any LineFormat
  /// nil until the store has been asked for it.
  private var cursor: Cursor?
  /// Lines written in this run.
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

  /// Writes what the store holds beyond the cursor.
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
        // What is given up is counted as done at once, so what comes before it must be.
        let mustWrite = event.isDamaged || lines.bytes.count + (next?.count ?? 0) > output.maximumWrite
        if mustWrite, let ending = await write(&lines, &cursor) { return ending }
        if event.isDamaged { giveUp(event) }
        lines.append(next, of: event)
      }
      if let ending = await write(&lines, &cursor) { return ending }
      // A reader who is always ready would keep the loop from everything else while a backlog lasts.
      await Task.yield()
    }
  }

  /// Lines that wait to be written together.
  private struct Lines {
    var bytes: [UInt8] = []
    var count = 0
    /// The last event that they, or what needs no line, belong to; nil where there is none.
    var last: UInt64?

    mutating func append(_ line: [UInt8]?, of event: StoredEvent) {
      last = event.sequence
      guard let line else { return }
      if bytes.isEmpty { bytes = line } else { bytes += line }
      count += 1
    }
  }

  /// Writes lines, and counts their events as delivered once that is done.
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
    damages.tell(of: event)
    store.addDeadLetter(
      DeadLetter(target: Self.target, sequence: event.sequence, reason: .damaged, at: loop.wallClock))
  }

  /// Waits until whoever reads has gone.
  package func readerLeaves() async -> Ending { await output.readerLeaves() }
}

/// Where lines go, to a reader who may be slow, or gone.
package protocol LineOutput: Sendable {
  /// Writes lines as soon as there is room for them.
  ///
  /// - Returns: nil once all of them are written.
  func write(_ lines: [UInt8]) async -> LineWriter.Ending?

  /// Waits until whoever reads has gone.
  func readerLeaves() async -> LineWriter.Ending

  /// The most bytes of several lines that it takes at once.
  var maximumWrite: Int { get }
}

extension LineOutput {
  /// Each line by itself.
  package var maximumWrite: Int { 0 }
}

/// Writes whole lines to a descriptor, and waits for room on the loop.
package struct DescriptorOutput: LineOutput {
  /// The pause after an output that seemed to have room had none, so that the loop does not spin.
  private static let pause: Duration = .milliseconds(20)

  /// What Linux writes to a pipe without anybody else's bytes in between (`PIPE_BUF`).
  package let maximumWrite = 4096

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

/// How events are written to a descriptor.
package protocol LineFormat: Sendable {
  /// What is written for the next event: whole lines, or nothing.
  mutating func bytes(of event: StoredEvent) -> [UInt8]
}

/// The lines as they are stored.
package struct FrozenLines: LineFormat {
  package init() {}

  package func bytes(of event: StoredEvent) -> [UInt8] { event.line }
}
