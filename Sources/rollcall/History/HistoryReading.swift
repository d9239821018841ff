import RollcallCore
import RollcallKit

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads the histories that `timeline` and `report` are about.
struct HistoryReading {
  /// Events of a state file that are in memory at once.
  private static let batch = 256

  private let options: HistoryOptions
  private let log: StandardError

  init(_ options: HistoryOptions, _ log: StandardError) {
    self.options = options
    self.log = log
  }

  private var since: Timestamp? { options.since }
  private var until: Timestamp? { options.until }

  /// - Returns: the histories, and what the command ends with where nothing else is wrong.
  /// - Throws: ``UsageError`` that says which line cannot be read, or that nothing is told of what was asked for.
  func read() throws(UsageError) -> ([ConferenceHistory], ExitStatus) {
    let fold: HistoryFold
    var status = ExitStatus.done
    switch options.input {
    case .state(let state): (fold, status) = try read(state)
    case .standardInput: fold = try read(EventLines(name: "standard input"), from: 0)
    case .file(let path):
      let name = InputFile.name(path)
      let descriptor = try InputFile.opened(path, named: name)
      defer { close(descriptor) }
      fold = try read(EventLines(name: name, path: path), from: descriptor)
    }
    let histories = fold.finished(since: since)
    guard histories.isEmpty else { return (histories, status) }
    let hasBounds = since != nil || until != nil
    if let conference = options.conference {
      let part = hasBounds ? " in that time" : ""
      throw UsageError(
        "nothing is told of \(conference)\(part)", right: "leave --conference out for all", exit: .unavailable)
    }
    if hasBounds {
      throw UsageError(
        "nothing is told in that time", right: "leave --since and --until out for all", exit: .unavailable)
    }
    return (histories, status)
  }

  private func read(_ lines: EventLines, from descriptor: Int32) throws(UsageError) -> HistoryFold {
    var fold = HistoryFold(conference: options.conference, until: until)
    var isEmpty = true
    try lines.read(from: descriptor) { (line, number, isWhole) throws(UsageError) in
      isEmpty = false
      do throws(HistoryFault) {
        try fold.fold(line: line)
      } catch {
        guard isWhole else {
          throw UsageError(
            "line \(number) of \(lines.name), the last one, is cut", right: "leave it out, or get the whole file",
            exit: .damagedData)
        }
        throw UsageError("line \(number) of \(lines.name) \(error.text)", right: Self.right(error), exit: .damagedData)
      }
    }
    guard !isEmpty else {
      throw UsageError("there is no event in \(lines.name)", right: EventLines.right, exit: .damagedData)
    }
    return fold
  }

  private static func right(_ fault: HistoryFault) -> String {
    switch fault {
    case .notJSON, .foreign, .otherProgram: EventLines.right
    case .disordered: "give each watch a file of its own"
    case .tooMuch: "give --conference SID or --until TIME"
    }
  }

  private func read(_ state: StatePath) throws(UsageError) -> (HistoryFold, ExitStatus) {
    let file = try state.open()
    var damaged = DamagedEvents(of: state, log)
    do throws(StoreFailure) {
      var fold = HistoryFold(conference: options.conference, until: until, isOneStream: true)
      let selection = StateReader.Selection(conference: options.conference, to: until)
      var last: UInt64 = 0
      while true {
        let events = try file.events(selection, after: last, limit: Self.batch)
        guard let end = events.last?.sequence else { break }
        last = end
        for event in events where !damaged.take(event) {
          do throws(HistoryFault) {
            try fold.fold(line: event.line)
          } catch .tooMuch {
            throw StoreFailure(.inputOutput, "it \(HistoryFault.tooMuch.text)")
          } catch {
            throw StoreFailure(.damaged, "the event \(event.id) in it cannot be read")
          }
        }
      }
      // Events of other conferences, and of none, say how long the run went on.
      if let end = try file.bounds()?.upperBound, let event = try file.event(end), !event.isDamaged {
        fold.note(event)
      }
      return (fold, damaged.status)
    } catch {
      throw state.refusal(error)
    }
  }
}
