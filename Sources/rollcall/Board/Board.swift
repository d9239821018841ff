import RollcallCore

/// The rooms and the last events, folded from the events alone.
struct Board: Sendable {
  /// Events that are kept to be shown.
  private static let maximumLog = 100
  /// Conferences that are over and still shown.
  private static let maximumOver = 3

  private(set) var rooms: [ConferenceSID: BoardRoom] = [:]
  /// In the order in which they came up; those that are over stand last.
  private(set) var order: [ConferenceSID] = []
  /// The last events, the oldest first.
  private(set) var log: [(line: EventLine, row: EventRow)] = []
  /// What the id of the last event of a conference begins with.
  private var epochs: [ConferenceSID: String] = [:]
  /// Why watching ended; nil while it goes on.
  private(set) var ending: String?
  private var names: NameBook
  private let listed: EventSelection
  let zone: LocalZone

  /// - Parameter listed: which events are listed below the rooms.
  init(
    names: ShownNames = .none, zone: LocalZone = .system, lists listed: EventSelection = .all
  ) {
    self.listed = listed
    self.names = NameBook(names)
    self.zone = zone
  }

  /// Begins with the rooms that an earlier run has left.
  mutating func recall(_ saved: [Room]) {
    for room in saved.sorted(by: { $0.conference.text < $1.conference.text }) {
      order.append(room.conference)
      rooms[room.conference] = BoardRoom(room, &names)
    }
  }

  /// Folds the next event of the stream.
  mutating func take(_ event: StoredEvent) {
    rename()
    let line = EventLine(event)
    let row = EventRow(line, &names)
    if event.type == .watchStopped { ending = row.what }
    if event.type != .watchHeartbeat, listed.accepts(event) {
      log.append((line, row))
      if log.count > Self.maximumLog { log.removeFirst() }
    }
    guard let conference = event.conference else { return }
    begin(conference, with: event)
    if rooms[conference] == nil { order.append(conference) }
    rooms[conference, default: BoardRoom(conference, &names)].take(line, &names)
    if event.type == .conferenceEnded { putLast(conference) }
  }

  /// Calls everybody what they are called now, where the user's names have changed.
  mutating func rename() {
    guard names.renew() else { return }
    for conference in order { rooms[conference]?.rename(&names) }
    log = log.map { ($0.line, EventRow($0.line, &names)) }
  }

  /// A run that does not go on with the room of the one before begins with a baseline.
  private mutating func begin(_ conference: ConferenceSID, with event: StoredEvent) {
    let epoch = EventStream.epoch(of: event.id)
    guard epochs[conference].map({ epoch != $0 }) ?? true else { return }
    if epochs[conference] != nil, event.type.beginsAnew {
      rooms[conference] = nil
      order.removeAll { $0 == conference }
    }
    epochs[conference] = String(epoch)
  }

  private mutating func putLast(_ conference: ConferenceSID) {
    order.removeAll { $0 == conference }
    order.append(conference)
    let over = order.filter { rooms[$0]?.isOver == true }
    for old in over.dropLast(Self.maximumOver) {
      (rooms[old], epochs[old]) = (nil, nil)
      order.removeAll { $0 == old }
    }
  }
}
