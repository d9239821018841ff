import RollcallCore
import RollcallKit

/// `rollcall room`: prints who is or was in a room, from the events in a state file.
struct RoomCommand: Command {
  /// The maximum number of events in memory.
  private static let batch = 256

  static let moment = Option("at", .moment(), help: "show the room as it was at this time")

  static let spec = CommandSpec(
    name: "room",
    summary: "show who is, or was, in the room",
    usage: ["room [--state FILE] [options]"],
    details: [
      "Rebuilds the room from the events in a state file: as it was after the last event or, with --at, at that time."
        + " rollcall list asks the provider instead."
    ],
    groups: [
      OptionGroup(
        "Room",
        [StatePath.option, HistoryOptions.conference, moment, DisplayOptions.format, DisplayOptions.names])
    ])

  let state: StatePath
  /// nil for all conferences.
  let conference: ConferenceSID?
  /// nil for now.
  let moment: Timestamp?
  private let now: Timestamp
  let display: ListingDisplay

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    conference = try arguments[HistoryOptions.conference]
    moment = try arguments[Self.moment]
    now = context.now
    display = try ListingDisplay(arguments, context)
    state = try StatePath(arguments, context, for: Self.spec.name, otherwise: "rollcall list SID asks the provider")
  }

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    let log = StandardError(LogOptions())
    let given = try display.names()
    let names = ShownNames(given)
    let file = try state.open()
    var damaged = DamagedEvents(of: state, log)
    let recalled: RecalledRooms
    let (isPruned, isRedacted): (Bool, Bool)
    let known: KnownNames
    do throws(StoreFailure) {
      recalled = try Self.recall(file, conference, until: moment, &damaged)
      isPruned = (try file.bounds()?.lowerBound ?? 1) > 1
      isRedacted = try !file.redactedFields().isEmpty
      known = try file.knownNames()
    } catch {
      throw state.refusal(error)
    }
    let isPartial = isPruned || damaged.status != .done
    if let conference = conference, !recalled.knows(conference), !isPartial {
      let when = moment.map { " until \($0.rfc3339)" } ?? ""
      throw UsageError(
        "the state file has no events of a conference with the sid \(conference)\(when)",
        right: "leave --conference out to see all", exit: .unavailable)
    }
    var people = RoomRow.rows(of: recalled)
    var isWarned = damaged.status != .done
    if isPartial, moment == nil, !isRedacted {
      // The saved room shows the same moment and is complete.
      people = try savedPeople(file)
    } else if isPruned {
      try warn(file, recalled, log)
      isWarned = true
    }
    try show(people, names, known)
    let shown = Set(people.map(\.conference))
    UnwatchedTimes(file: file, moment: moment, now: now).warn(
      of: { shown.isEmpty ? conference ?? $0 == $0 : shown.contains($0) }, on: log)
    log.warnOfHidden(given.names, at: people.map { $0.address ?? known.identity(of: $0.call.text)?.address })
    if people.isEmpty, !isWarned { log.log(.notice, "no participants found\(try beginning(of: file))") }
    return damaged.status.code
  }

  /// Folds the history that the file still has.
  private static func recall(
    _ file: StateReader, _ conference: ConferenceSID?, until moment: Timestamp?, _ damaged: inout DamagedEvents
  ) throws(StoreFailure) -> RecalledRooms {
    let selection = StateReader.Selection(conference: conference, to: moment)
    var recalled = RecalledRooms()
    var last: UInt64 = 0
    while true {
      let events = try file.events(selection, after: last, limit: batch)
      guard let end = events.last?.sequence else { return recalled }
      last = end
      for event in events where !damaged.take(event) {
        do throws(JSONError) {
          try recalled.fold(event)
        } catch {
          throw StoreFailure(.damaged, "its event \(event.id) is unreadable")
        }
      }
    }
  }

  private func savedPeople(_ file: StateReader) throws(UsageError) -> [RoomRow] {
    do throws(StoreFailure) {
      let rooms = try file.rooms().filter { conference == nil || $0.head.conference == conference }
      var rows: [RoomRow] = []
      for saved in rooms where !saved.head.isOver {
        guard let room = Room(saved) else {
          throw StoreFailure(.damaged, "the record of a participant in it is unreadable")
        }
        rows += RoomRow.rows(of: room, saved.calls)
      }
      return rows.sorted(by: RoomRow.precedes)
    } catch {
      throw state.refusal(error)
    }
  }

  /// Warns if the history of that time is incomplete.
  private func warn(_ file: StateReader, _ recalled: RecalledRooms, _ log: StandardError) throws(UsageError) {
    guard let first = try firstEvent(of: file) else { return }
    let missing =
      switch recalled.missing {
      case 0: "participants who joined before that and have not changed since are not shown"
      case 1: "1 participant who joined before that and has not changed since is not shown"
      case let count: "\(count) participants who joined before that and have not changed since are not shown"
      }
    log.log(.warning, "the history before \(first.timestamp.rfc3339) was pruned (--keep): \(missing)")
  }

  /// Returns a note on when the history begins; empty unless that is after the moment.
  private func beginning(of file: StateReader) throws(UsageError) -> String {
    guard let moment, let first = try firstEvent(of: file), first.timestamp > moment else { return "" }
    return "; the history begins at \(first.timestamp.rfc3339)"
  }

  private func firstEvent(of file: StateReader) throws(UsageError) -> StoredEvent? {
    do throws(StoreFailure) {
      return try file.events(StateReader.Selection(), after: 0, limit: 1).first
    } catch {
      throw state.refusal(error)
    }
  }

  private func show(_ people: [RoomRow], _ names: ShownNames, _ known: KnownNames) throws(UsageError) {
    switch display.format {
    case .ndjson:
      for person in people { try StandardOutput.write(StandardOutput.shown(person.line)) }
    case .text:
      var table = PeopleTable(namesConferences: true, names: names, known: known)
      for person in people {
        table.append(person.call, person.state, at: person.address, since: person.since, in: person.conference)
      }
      try StandardOutput.write(table.render(display.terminal))
    }
  }
}
