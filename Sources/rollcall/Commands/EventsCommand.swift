import RollcallCore
import RollcallKit

/// `rollcall events`: the history that a state file holds.
struct EventsCommand {
  /// Events that are in memory at once.
  private static let batch = 256
  /// How often the file is looked at for new events.
  private static let lookInterval: Duration = .milliseconds(200)

  private enum Ending: Sendable {
    case complete(ExitStatus)
    case output(LineWriter.Ending)
    case refused(UsageError)
  }

  private let options: EventsOptions

  init(_ options: EventsOptions) { self.options = options }

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    let (options, log) = (options, StandardError(LogOptions()))
    let names = try options.display.names()
    // Rows that follow a SIGHUP have the names of then.
    return MainLoop.run(signals, log, renew: { names.renew(log) }) { loop in
      let ending =
        options.follows
        ? await Self.follow(options, ShownNames(names), log, on: loop)
        : await Self.print(options, ShownNames(names), log, on: loop)
      return Self.conclude(ending, log)
    }
  }

  private static func conclude(_ ending: Ending, _ log: StandardError) -> Int32 {
    switch ending {
    case .complete(let status): return status.code
    case .output(let ending): return StandardOutput.status(after: ending, log)
    case .refused(let error):
      log.report(error)
      return error.exit.code
    }
  }

  /// Prints until the task is cancelled or the reader goes.
  private static func follow(
    _ options: EventsOptions, _ names: ShownNames, _ log: StandardError, on loop: EventLoop
  ) async -> Ending {
    await withTaskGroup(of: Ending.self) { group in
      defer { group.cancelAll() }
      group.addTask { .output(await DescriptorOutput(on: loop, to: StandardOutput.shared).readerLeaves()) }
      group.addTask { await print(options, names, log, on: loop) }
      return await group.next() ?? .complete(.done)
    }
  }

  private static func print(
    _ options: EventsOptions, _ names: ShownNames, _ log: StandardError, on loop: EventLoop
  ) async -> Ending {
    let output = DescriptorOutput(on: loop, to: StandardOutput.shared)
    do throws(UsageError) {
      let file = try options.state.open()
      do throws(StoreFailure) {
        return try await print(options, names, log, from: file, to: output, on: loop)
      } catch {
        return .refused(options.state.refusal(error))
      }
    } catch {
      return .refused(error)
    }
  }

  private static func print(
    _ options: EventsOptions, _ names: ShownNames, _ log: StandardError, from file: StateReader,
    to output: any LineOutput, on loop: EventLoop
  ) async throws(StoreFailure) -> Ending {
    let selection = StateReader.Selection(
      conference: options.conference, from: options.since, to: options.until)
    let wanted = options.selection.redacted(by: try file.redaction())
    var damaged = DamagedEvents(of: options.state, log)
    var last = if let since = options.since { try file.sequence(before: since) } else { UInt64(0) }
    var lines: any LineFormat =
      switch options.display.format {
      case .ndjson: StandardOutput.eventLines
      case .table:
        EventTable(
          options.display.look, names: names, known: try file.knownNames(),
          namesConference: options.conference == nil)
      }
    while true {
      let events = try file.events(selection, after: last, limit: batch)
      for event in events where !damaged.take(event) && wanted.accepts(event) {
        if let ending = await output.write(lines.bytes(of: event)) { return .output(ending) }
      }
      if let event = events.last {
        last = event.sequence
        // A long history must not keep a signal waiting.
        await Task.yield()
      } else {
        guard options.follows, await loop.sleeps(for: lookInterval) else { return .complete(damaged.status) }
      }
    }
  }
}
