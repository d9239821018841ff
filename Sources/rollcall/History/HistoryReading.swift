import Libc
import RollcallCore
import RollcallKit

/// Reads the histories for `timeline` and `report`.
struct HistoryReading {
  /// The number of a state file's events in memory at once.
  private static let batch = 256

  private let options: HistoryOptions
  private let log: StandardError

  init(_ options: HistoryOptions, _ log: StandardError) {
    self.options = options
    self.log = log
  }

  private var since: Timestamp? { options.since }
  private var until: Timestamp? { options.until }

  /// - Returns: the histories, and the exit status unless a later step fails.
  /// - Throws: ``UsageError`` if a line is unreadable, or there are no events of the requested kind.
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
        "there are no events of a conference with the sid \(conference)\(part)",
        right: "leave --conference out for all", exit: .unavailable)
    }
    if hasBounds {
      throw UsageError(
        "there are no events in that time", right: "leave --since and --until out for all", exit: .unavailable)
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
            "line \(number) of \(lines.name), the last one, is truncated", right: "leave it out, or get the whole file",
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
            throw StoreFailure(.damaged, "its event \(event.id) is unreadable")
          }
        }
      }
      // Events of other conferences, or without a conference, show how long the run lasted.
      if let end = try file.bounds()?.upperBound, let event = try file.event(end), !event.isDamaged {
        fold.skip(event)
      }
      return (fold, damaged.status)
    } catch {
      throw state.refusal(error)
    }
  }
}

/// Logs what a history leaves out.
struct HistoryWarnings {
  let log: StandardError

  /// - Parameter names: the user's names.
  func tell(of histories: [ConferenceHistory], named names: SIDNames) {
    log.warnOfHidden(names, at: histories.flatMap(\.people).map(\.address))
    for history in histories where history.missing > 0 {
      let people = history.missing == 1 ? "1 person is" : "\(history.missing) people are"
      log.log(
        .warning, "\(people) left out of \(history.conference): their join events are missing")
    }
  }
}

/// Counts the damaged events of a state file. A command that reads the file leaves them out, logs that, and ends with
/// ``ExitStatus/damagedData``.
struct DamagedEvents {
  /// The maximum number of events named in the log.
  private static let maximumNamed = 10

  private let file: StatePath
  private let log: StandardError
  private var count = 0

  init(of file: StatePath, _ log: StandardError) {
    self.file = file
    self.log = log
  }

  /// Checks an event, and logs it if it is damaged.
  ///
  /// - Returns: whether to leave it out.
  mutating func take(_ event: StoredEvent) -> Bool {
    guard event.isDamaged else { return false }
    count += 1
    if count <= Self.maximumNamed {
      let rest = count == Self.maximumNamed ? "; further ones are not logged" : ""
      let name = InputFile.name(file.path)
      log.conclude(.warning, "the state file \(name): event \(event.sequence) is damaged and left out\(rest)")
    }
    return true
  }

  /// The exit status unless something else fails.
  var status: ExitStatus { count == 0 ? .done : .damagedData }
}

/// Reads a file of events line by line, whatever its length.
struct EventLines {
  /// The maximum length of a line in bytes; rollcall's have at most 4096, but other programs may have added to them.
  static let maximumLine = 64 << 10
  private static let chunk = 64 << 10
  private static let stateFileMark = Array("SQLite format 3\0".utf8)

  /// The file's name in error messages.
  let name: String
  /// The path to suggest if it turns out to be a state file; nil for standard input.
  var path: String?

  /// Passes on every line that is not blank, without its newline.
  ///
  /// - Parameter body: receives the line, its number from 1, and whether it ended in a newline.
  func read(from descriptor: Int32, _ body: ([UInt8], Int, Bool) throws(UsageError) -> Void) throws(UsageError) {
    var buffer = [UInt8](repeating: 0, count: Self.chunk)
    var line: [UInt8] = []
    var number = 1
    var isBeginning = true
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe systemRead(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw InputFile.unreadable(name, errno) }
      guard count > 0 else {
        let content = Self.content(line, number)
        if !Self.isBlank(content) { try body(content, number, false) }
        return
      }
      if isBeginning, buffer[..<count].starts(with: Self.stateFileMark) { throw stateFile }
      isBeginning = false
      for piece in Lines(buffer[..<count]) {
        line += piece.bytes
        guard line.count <= Self.maximumLine else { throw tooLong(line, number) }
        guard piece.isEnd else { continue }
        let content = Self.content(line, number)
        if !Self.isBlank(content) { try body(content, number, true) }
        line.removeAll(keepingCapacity: true)
        number += 1
      }
      // A state file may contain no newline.
      if number == 1, line.starts(with: Self.stateFileMark) { throw stateFile }
    }
  }

  private func tooLong(_ line: [UInt8], _ number: Int) -> UsageError {
    if number == 1, line.starts(with: Self.stateFileMark) { return stateFile }
    return UsageError(
      "line \(number) of \(name) is longer than any event", right: Self.right, exit: .damagedData)
  }

  private var stateFile: UsageError {
    UsageError("\(name) is a state file", right: "give --state \(path.map(Quotation.of) ?? "FILE")", exit: .damagedData)
  }

  /// The remedy for a file that contains something else.
  static let right = "give the output of rollcall watch or rollcall events"

  private static func content(_ line: [UInt8], _ number: Int) -> [UInt8] {
    number == 1 ? ByteOrderMark.dropped(from: line) : line
  }

  private static func isBlank(_ line: [UInt8]) -> Bool { line.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) } }

  /// The pieces of a chunk between its newlines.
  private struct Lines: Sequence, IteratorProtocol {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func next() -> (bytes: ArraySlice<UInt8>, isEnd: Bool)? {
      guard !rest.isEmpty else { return nil }
      let end = rest.firstIndex(of: 0x0A)
      let bytes = rest[..<(end ?? rest.endIndex)]
      rest = rest[(end.map { $0 + 1 } ?? rest.endIndex)...]
      return (bytes, end != nil)
    }
  }
}

/// Calls `read(2)`, whose name a method hides.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  unsafe read(descriptor, buffer, count)
}
