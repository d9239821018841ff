import RollcallCore
import RollcallKit

/// `rollcall events`: prints the history in a state file.
struct EventsCommand: Command {
  /// The maximum number of events in memory.
  private static let batch = 256
  /// The interval between two checks for new events.
  private static let lookInterval: Duration = .milliseconds(200)

  private enum Ending: Sendable {
    case complete(ExitStatus)
    case output(LineWriter.Ending)
    case refused(UsageError)
  }

  static let follow = Option(flag: "follow", help: "continue with new events as they are written")

  static let spec = CommandSpec(
    name: "events",
    summary: "print the history in a state file",
    usage: ["events [--state FILE] [options]"],
    details: [
      "Prints the events of a state file in order; as ndjson, the exact bytes that were delivered. A watch may be writing"
        + " the file at the same time."
    ],
    groups: [
      OptionGroup(
        "History",
        [
          StatePath.option, SelectionOptions.type, SelectionOptions.call, RedactionKey.file, HistoryOptions.conference,
          HistoryOptions.since, HistoryOptions.until, follow, DisplayOptions.format, DisplayOptions.names,
        ])
    ])

  let state: StatePath
  let selection: EventFilter
  private let keyFile: String?
  /// nil for all conferences.
  let conference: ConferenceSID?
  /// The first and the last moment; nil for no limit.
  let since: Timestamp?
  let until: Timestamp?
  let display: ListingDisplay
  let follows: Bool

  static func statusIfNotBegun(with arguments: [String]) -> ExitStatus? {
    arguments.contains(follow.name.argument) ? .done : nil
  }

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    selection = try EventFilter(arguments, types: SelectionOptions.type)
    keyFile = try arguments[RedactionKey.file]
    conference = try arguments[HistoryOptions.conference]
    (since, until) = try HistoryOptions.span(arguments)
    display = try ListingDisplay(arguments, context)
    follows = try arguments[Self.follow]
    guard !follows || until == nil else { throw .contradiction(Self.follow, HistoryOptions.until) }
    state = try StatePath(arguments, context, for: Self.spec.name)
  }

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    let log = StandardError(LogOptions())
    let names = try display.names()
    let key = try RedactionKey(keyFile, log)
    // Rows after a SIGHUP have the reloaded names.
    return MainLoop.run(signals, log, renew: { names.renew(log) }) { loop in
      let ending =
        follows
        ? await self.follow(ShownNames(names), key, log, on: loop)
        : await self.print(ShownNames(names), key, log, on: loop)
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

  /// Prints until the task is cancelled or the reader leaves.
  private func follow(
    _ names: ShownNames, _ key: RedactionKey, _ log: StandardError, on loop: EventLoop
  ) async -> Ending {
    await withTaskGroup(of: Ending.self) { group in
      defer { group.cancelAll() }
      group.addTask { .output(await DescriptorOutput(on: loop, to: StandardOutput.shared).readerLeaves()) }
      group.addTask { await self.print(names, key, log, on: loop) }
      return await group.next() ?? .complete(.done)
    }
  }

  private func print(
    _ names: ShownNames, _ key: RedactionKey, _ log: StandardError, on loop: EventLoop
  ) async -> Ending {
    let output = DescriptorOutput(on: loop, to: StandardOutput.shared)
    do throws(UsageError) {
      let file = try state.open()
      let redaction = try key.redaction(in: file, of: state, for: selection, from: SelectionOptions.call.name.argument)
      let wanted = selection.redacted(by: redaction)
      do throws(StoreFailure) {
        return try await print(wanted, names, log, from: file, to: output, on: loop)
      } catch {
        return .refused(state.refusal(error))
      }
    } catch {
      return .refused(error)
    }
  }

  private func print(
    _ wanted: EventFilter, _ names: ShownNames, _ log: StandardError, from file: StateReader,
    to output: any LineOutput, on loop: EventLoop
  ) async throws(StoreFailure) -> Ending {
    let span = StateReader.Selection(conference: conference, from: since, to: until)
    var damaged = DamagedEvents(of: state, log)
    var last = if let since { try file.sequence(before: since) } else { UInt64(0) }
    var lines: any LineFormat =
      switch display.format {
      case .ndjson: StandardOutput.eventLines
      case .text:
        EventTable(
          display.terminal, names: names, known: try file.knownNames(),
          namesConference: conference == nil)
      }
    var (isNothingShown, isNobodyShown) = (
      true, wanted.calls != nil && wanted.types.contains { $0.isAboutPerson || $0.isAlert }
    )
    while true {
      let events = try file.events(span, after: last, limit: Self.batch)
      for event in events where !damaged.take(event) && wanted.accepts(event) {
        isNothingShown = false
        if event.call != nil { isNobodyShown = false }
        if let ending = await output.write(lines.bytes(of: event)) { return .output(ending) }
      }
      if let event = events.last {
        last = event.sequence
        // A long history must not delay a signal.
        await Task.yield()
      } else {
        if follows, await loop.sleeps(for: Self.lookInterval) { continue }
        // A mistyped sid or type must not look like a quiet time.
        if !follows, damaged.status == .done {
          if isNobodyShown {
            log.log(
              .notice,
              "no events of --call found; it takes call sids, and addresses if the watch looked calls up (--enrich)")
          } else if isNothingShown {
            log.log(.notice, "no events to show in \(InputFile.name(state.path))")
          }
        }
        return .complete(damaged.status)
      }
    }
  }
}
