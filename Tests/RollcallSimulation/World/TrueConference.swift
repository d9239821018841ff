import RollcallCore
import RollcallTestKit

/// A true conference with its whole history, which events are compared with. No part of it comes from the code under
/// test.
final class TrueConference {
  let sid: String
  let conference: ConferenceSID
  let friendlyName: String
  /// The prefix of its calls' sids, which occurs nowhere else.
  let callPrefix: String
  private let plan: Plan
  private let agenda: Agenda
  private let rows: RowWriter
  /// Whether each change of a row gets a later date than the previous one.
  private let datesTell: Bool
  /// How long a removed row may still be shown.
  private let memory: Int64
  private(set) var stays: [Stay] = []
  /// The stays of each call, in order.
  private(set) var staysOf: [String: [Int]] = [:]
  /// The stays whose rows may still be shown.
  private var visible: [Int] = []
  private(set) var present: [Int] = []
  private(set) var startedAt: Moment
  private(set) var endedAt: Moment?
  /// When the conference becomes in progress; participants wait until then.
  let inProgressAt: Moment
  /// Called after everything that happens.
  var onChange: () -> Void = {}

  init?(number: Int, plan: Plan, agenda: Agenda, waiting: Int64 = 0) {
    sid = Self.sid(number: number, seed: plan.seed)
    guard let conference = ConferenceSID(sid) else { return nil }
    self.conference = conference
    friendlyName = "room"
    callPrefix = Self.callPrefix(number: number, seed: plan.seed)
    self.plan = plan
    self.agenda = agenda
    rows = RowWriter(conference: sid, hasPoorDates: plan.troubles.contains(.poorDates))
    datesTell = plan.datesTell
    memory = plan.longestLag + 120_000
    startedAt = agenda.now
    inProgressAt = agenda.now + waiting
  }

  private static func sid(number: Int, seed: UInt64) -> String { "CF\(number)-\(seed)" }
  static func callPrefix(number: Int, seed: UInt64) -> String { "\(sid(number: number, seed: seed))-c" }

  var isRunning: Bool { endedAt == nil }
  var status: String { isRunning ? agenda.now < inProgressAt ? "init" : "in-progress" : "completed" }
  var seconds: Int64 { plan.providerSeconds(at: agenda.now) }

  /// Returns the stay of a call's latest row.
  func latest(of call: String) -> Stay? { staysOf[call]?.last.map { stays[$0] } }

  /// Adds a participant's row.
  func add(_ call: String, _ state: TrueState) {
    // The date must distinguish this stay from the previous one.
    if datesTell, let before = latest(of: call), before.versions.contains(where: { $0.updated >= seconds }) { return }
    let index = stays.count
    stays.append(Stay(call: call, order: index, created: seconds))
    staysOf[call, default: []].append(index)
    visible.append(index)
    append(state, to: index)
  }

  /// Changes a participant's state.
  func change(_ index: Int, _ body: (inout TrueState) -> Void) {
    var state = stays[index].state
    body(&state)
    guard state != stays[index].state else { return }
    if datesTell, let last = stays[index].versions.last, last.updated >= seconds { return }
    append(state, to: index)
  }

  private func append(_ state: TrueState, to index: Int) {
    defer { onChange() }
    let stay = stays[index]
    let row = rows.row(stay.call, state, created: stay.created, updated: seconds)
    stays[index].versions.append(
      Stay.Version(since: agenda.now, state: state, told: state.told, updated: seconds, row: row))
    let isInRoom = state.place == .inRoom
    if isInRoom, stay.joined == nil {
      stays[index].joined = agenda.now
      present.append(index)
    } else if !isInRoom, stay.isInRoom {
      stays[index].left = agenda.now
      present.removeAll { $0 == index }
    }
  }

  /// Removes a participant; the row goes too, or stays for a while with a finished status.
  func leave(_ index: Int, lingering: Int64? = nil) {
    guard stays[index].unlisted == nil else { return }
    if let lingering {
      change(index) { state in
        state.status = "completed"
        (state.coaching, state.target) = (false, nil)
      }
      guard stays[index].left != nil else { return }
      agenda.after(lingering) { [self] in unlist(index) }
    } else {
      if stays[index].isInRoom { stays[index].left = agenda.now }
      present.removeAll { $0 == index }
      unlist(index)
    }
  }

  private func unlist(_ index: Int) {
    guard stays[index].unlisted == nil else { return }
    stays[index].unlisted = agenda.now
    onChange()
  }

  /// Ends the conference for all participants.
  func end() {
    guard isRunning else { return }
    for index in stays.indices where stays[index].unlisted == nil { leave(index) }
    endedAt = agenda.now
    onChange()
  }

  /// Returns the rows that the list showed at a given time, in the order of arrival. Of a call with two stays, only the
  /// later one is included.
  func listed(at moment: Moment) -> [(stay: Int, version: Int)] {
    visible.removeAll { stays[$0].unlisted.map { $0 + memory < agenda.now } ?? false }
    var shown: [(stay: Int, version: Int)] = []
    for index in visible {
      guard let version = stays[index].version(at: moment) else { continue }
      shown.removeAll { stays[$0.stay].call == stays[index].call }
      shown.append((index, version))
    }
    return shown
  }

  /// Returns the stays whose rows were removed from the list since a given time.
  func unlisted(since moment: Moment) -> [Int] {
    visible.filter { stays[$0].unlisted.map { $0 >= moment } ?? false }
  }

  /// Returns whether the rows of a stay have a valid `date_created`.
  func isDated(_ stay: Stay) -> Bool { rows.isReadable(stay.created) }

  /// Returns whether a row has a valid `date_updated`.
  func isDated(_ version: Stay.Version) -> Bool { rows.isReadable(version.updated) }
}
