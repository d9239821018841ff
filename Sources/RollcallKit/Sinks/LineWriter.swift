package import RollcallCore

/// Writes events to an output, one `write(2)` for each line, and never blocks the loop.
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
  private let selection: EventSelection
  private let damages: DamageLog
  private var format: any LineFormat
  /// nil until the store has been asked for it.
  private var progress: TargetProgress?
  /// Lines written in this run.
  package private(set) var written = 0

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  package init(
    on loop: EventLoop, store: any EventStore, output: any LineOutput, format: any LineFormat = FrozenLines(),
    selection: EventSelection = .all
  ) {
    self.init(on: loop, store: store, output: output, format: format, selection: selection, damages: DamageLog())
  }

  init(
    on loop: EventLoop, store: any EventStore, output: any LineOutput, format: any LineFormat,
    selection: EventSelection, damages: DamageLog
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
    var progress =
      if let progress { progress } else { try await store.progress(of: Self.target) }
    while true {
      let events = try await store.events(after: progress.taken, limit: Self.batch)
      guard !events.isEmpty else { return nil }
      for event in events {
        if event.isDamaged {
          giveUp(event)
        } else if selection.accepts(event) {
          if let ending = await output.write(format.bytes(of: event)) { return ending }
          written += 1
        }
        progress.taken = event.sequence
        self.progress = progress
        store.note(progress, of: Self.target)
      }
      // A reader who is always ready would keep the loop from everything else while a backlog lasts.
      await Task.yield()
    }
  }

  private func giveUp(_ event: StoredEvent) {
    damages.tell(of: event)
    store.bury(
      DeadLetter(target: Self.target, sequence: event.sequence, reason: .damaged, at: loop.wallClock))
  }

  /// Waits until whoever reads has gone.
  package func readerLeaves() async -> Ending { await output.readerLeaves() }
}
