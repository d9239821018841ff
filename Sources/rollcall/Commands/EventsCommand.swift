import RollcallCore
import RollcallKit

/// `rollcall events`: the history that a state file holds.
struct EventsCommand {
  /// Events that are in memory at once.
  private static let batch = 256
  /// How often the file is looked at for new events.
  private static let lookInterval: Duration = .milliseconds(200)

  private enum Ending: Sendable {
    case complete
    case signal
    case output(LineWriter.Ending)
    case refused(UsageError)
  }

  private let options: EventsOptions

  init(_ options: EventsOptions) { self.options = options }

  func run() throws(UsageError) -> Int32 {
    let loop = EventLoop()
    let (options, log) = (options, StandardError(LogOptions()))
    let names = try options.display.names()
    return loop.run {
      let ending =
        options.follows
        ? await Self.follow(options, names, log, on: loop) : await Self.print(options, ShownNames(names), on: loop)
      return Self.conclude(ending, log)
    }
  }

  private static func conclude(_ ending: Ending, _ log: StandardError) -> Int32 {
    switch ending {
    case .complete, .signal, .output(.cancelled): return ExitStatus.done.code
    case .output(.readerGone): Signals.endByBrokenPipe()
    case .output(.failed(let number)):
      log.log(.error, "standard output cannot be written (errno \(number))")
      return ExitStatus.inputOutput.code
    case .output(.unreadable(let failure)):
      log.log(.error, "the state file cannot be read: \(failure.reason)")
      return ExitStatus.inputOutput.code
    case .refused(let error):
      log.report(error)
      return error.exit.code
    }
  }

  /// Prints until somebody ends it: a signal, or a reader that goes. After SIGHUP rows have the names of now.
  private static func follow(
    _ options: EventsOptions, _ names: CurrentNames, _ log: StandardError, on loop: EventLoop
  ) async -> Ending {
    let signals = await CommandSignals.make(on: loop)
    return await withTaskGroup(of: Ending?.self) { group in
      defer { group.cancelAll() }
      if let signals {
        group.addTask {
          for await signal in signals.arrivals {
            guard signal == .hangUp else { return .signal }
            names.renew(log)
          }
          return nil
        }
      }
      group.addTask {
        let ending = await DescriptorOutput(on: loop, descriptor: StandardOutput.descriptor).readerLeaves()
        return ending == .readerGone ? .output(ending) : nil
      }
      group.addTask { await print(options, ShownNames(names), on: loop) }
      for await ending in group {
        if let ending { return ending }
      }
      return .complete
    }
  }

  private static func print(_ options: EventsOptions, _ names: ShownNames, on loop: EventLoop) async -> Ending {
    let output = DescriptorOutput(on: loop, descriptor: StandardOutput.descriptor)
    do throws(UsageError) {
      let file = try options.state.open()
      do throws(StoreFailure) {
        return try await print(options, names, from: file, to: output, on: loop)
      } catch {
        return .refused(options.state.refusal(error))
      }
    } catch {
      return .refused(error)
    }
  }

  private static func print(
    _ options: EventsOptions, _ names: ShownNames, from file: StateReader, to output: any LineOutput, on loop: EventLoop
  ) async throws(StoreFailure) -> Ending {
    let since = options.since?.timestamp(now: loop.wallClock)
    let selection = StateReader.Selection(conference: options.conference, from: since)
    let wanted = options.selection.redacted(by: try file.redactions())
    var last = if let since { try file.sequence(before: since) } else { UInt64(0) }
    var lines: any LineFormat =
      switch options.display.format {
      case .ndjson: FrozenLines()
      case .table: EventTable(options.display.look, names: names, namesConference: options.conference == nil)
      }
    while true {
      let events = try file.events(selection, after: last, limit: batch)
      for event in events where wanted.accepts(event) {
        if let ending = await output.write(lines.bytes(of: event)) { return .output(ending) }
      }
      if let event = events.last {
        last = event.sequence
        // A long history must not keep a signal waiting.
        await Task.yield()
      } else {
        guard options.follows else { return .complete }
        do throws(CancellationError) { try await loop.sleep(for: lookInterval) } catch { return .complete }
      }
    }
  }
}

/// Takes the signals over, on the loop.
enum CommandSignals {
  static func make(on loop: EventLoop) async -> Signals? { Signals(on: loop) }
}
