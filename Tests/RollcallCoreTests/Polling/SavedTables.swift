import RollcallCore

/// A room as a store keeps it: tables that changes are written to.
struct SavedTables {
  private(set) var head: SavedRoom.Head?
  private var people: [CallSID: SavedRoom.Person] = [:]
  private var doubts: [SavedRoom.Doubt] = []
  private var endedStays: [SavedRoom.StayID: Timestamp] = [:]
  private var alerts: [Alert: Timestamp] = [:]

  mutating func write(_ changes: RoomChanges) {
    head = changes.head
    if changes.head.isOver { people = [:] }
    for call in changes.gone { people[call] = nil }
    for person in changes.people { people[person.callSID] = person }
    doubts = changes.doubts
    for stay in changes.endedStays { endedStays[stay.id] = stay.endedAt }
    for stay in changes.forgottenStays { endedStays[stay] = nil }
    for alert in changes.resolvedAlerts { alerts[alert] = nil }
    for raised in changes.raisedAlerts { alerts[raised.alert] = raised.since }
  }

  /// Returns what a restart reads, in random order.
  func room(_ random: inout some RandomNumberGenerator) -> SavedRoom? {
    guard let head, !head.isOver else { return nil }
    var room = SavedRoom(head: head)
    room.people = people.values.shuffled(using: &random)
    room.doubts = doubts.shuffled(using: &random)
    room.endedStays = endedStays.map { SavedRoom.EndedStay($0.key, endedAt: $0.value) }.shuffled(using: &random)
    room.raisedAlerts = alerts.map { SavedRoom.RaisedAlert($0.key, since: $0.value) }.shuffled(using: &random)
    return room
  }
}
