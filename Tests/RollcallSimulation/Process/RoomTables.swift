import RollcallCore

/// A room as stored in the state file's tables.
struct RoomTables {
  private(set) var head: SavedRoom.Head
  private(set) var people: [CallSID: SavedRoom.Person] = [:]
  private var doubts: [SavedRoom.Doubt] = []
  private var stays: [SavedRoom.StayID: Timestamp] = [:]
  private var alerts: [Alert: Timestamp] = [:]

  init(head: SavedRoom.Head) { self.head = head }

  mutating func save(_ changes: RoomChanges) {
    head = changes.head
    if head.isOver {
      people = [:]
      stays = [:]
      alerts = [:]
    }
    for call in changes.gone { people[call] = nil }
    for person in changes.people { people[person.callSID] = person }
    doubts = changes.doubts
    for stay in changes.endedStays { stays[stay.id] = stay.endedAt }
    for stay in changes.forgottenStays { stays[stay] = nil }
    for alert in changes.resolvedAlerts { alerts[alert] = nil }
    for raised in changes.raisedAlerts { alerts[raised.alert] = raised.since }
  }

  /// All times of the stream in the tables.
  var times: [Timestamp] {
    let own = [head.lastScanStart, head.lastScanEnd, head.lastEventAt, head.lastSeenAt].compactMap(\.self)
    return own + doubts.flatMap { [$0.since, $0.lastSeen].compactMap(\.self) } + stays.values
  }

  var saved: SavedRoom {
    var room = SavedRoom(head: head)
    guard !head.isOver else { return room }
    room.people = people.values.sorted { $0.callSID < $1.callSID }
    room.doubts = doubts
    room.endedStays = stays.sorted { $0.key < $1.key }.map { SavedRoom.EndedStay($0.key, endedAt: $0.value) }
    room.raisedAlerts = alerts.sorted { $0.key < $1.key }.map { SavedRoom.RaisedAlert($0.key, since: $0.value) }
    return room
  }
}
