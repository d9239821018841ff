@testable import RollcallCore

/// Follows the alerts of one conference, and derives from events and scans when each may and when it must be raised.
struct AlertJudge {
  /// One commit, with the consumer after folding its events.
  struct Commit {
    var events: [ConsumedEvent]
    var consumer: Consumer
    /// The conditions of the running process.
    var conditions: [AlertCondition]
    /// The scan that led to it; nil if none did.
    var poll: PollRecord?
    var room: TrueConference
  }

  /// When each state without a raised alert was first emitted, since the last outage or restart.
  private var told: [Alert: Timestamp] = [:]
  /// When a scan first showed each state without a raised alert beyond doubt.
  private var shown: [Alert: Timestamp] = [:]

  /// - Returns: the faults.
  mutating func committed(_ commit: Commit) -> [String] {
    guard let moment = commit.events.last?.timestamp else { return [] }
    if commit.events.contains(where: { $0.type == .watchResumed }) { (told, shown) = ([:], [:]) }
    let left = Set(commit.events.filter { $0.type == .participantLeft }.compactMap(\.call))
    forget { alert in alert.call.map { left.contains($0.text) } ?? false }
    var flaws: [String] = []
    for event in commit.events where event.type == .alertRaised { flaws += check(event, commit).map { [$0] } ?? [] }
    for event in commit.events where event.type == .alertResolved {
      guard let alert = event.ofAlert, let condition = commit.conditions.first(where: { $0.name == alert.name }) else {
        continue
      }
      // An alert is resolved when its participant leaves or the conference ends, even if its condition is still true.
      let isGone =
        commit.events.contains { $0.type == .conferenceEnded } || alert.call.map { left.contains($0.text) } ?? false
      if !isGone, condition.holds(in: commit.consumer, alert.call) {
        flaws.append("\(alert) was resolved although its state continues")
      }
    }
    for alert in commit.consumer.alerts.keys {
      let condition = commit.conditions.first { $0.name == alert.name }
      if condition?.holds(in: commit.consumer, alert.call) == false {
        flaws.append("\(alert) was not resolved although its state has ended")
      }
      if condition == nil, commit.poll != nil {
        flaws.append("\(alert) was not resolved although its condition was removed")
      }
    }
    renew(commit, at: moment)
    return flaws
  }

  /// Returns why an alert must not be raised; nil if it may.
  private func check(_ event: ConsumedEvent, _ commit: Commit) -> String? {
    guard let alert = event.ofAlert, let since = event.since else { return "an alert event has no name or no start" }
    guard let condition = commit.conditions.first(where: { $0.name == alert.name }) else {
      return "\(alert) was raised although no condition has that name"
    }
    guard let first = told[alert] else { return "\(alert) was raised although no event had reported its state" }
    // It may be unclear for a while whether a room is empty or has one participant, so the time may be later. A
    // participant's state begins with an event.
    guard alert.call == nil ? since >= first : since == first else {
      return "\(alert) was raised as since \(since), expected \(first)"
    }
    guard event.timestamp - since >= condition.duration else {
      return "\(alert) was raised after less than \(condition.duration)"
    }
    guard condition.holds(in: commit.consumer, alert.call) else {
      return "\(alert) was raised although its state has ended"
    }
    guard let poll = commit.poll, condition.mayBeSeen(alert.call, poll, commit) else {
      return "\(alert) was raised by a scan that does not show its state"
    }
    return nil
  }

  /// Updates the states after this commit.
  private mutating func renew(_ commit: Commit, at moment: Timestamp) {
    forget { alert in
      commit.consumer.alerts[alert] != nil
        || commit.conditions.first { $0.name == alert.name }?.holds(in: commit.consumer, alert.call) != true
    }
    for condition in commit.conditions {
      let calls = condition.isOfPeople ? commit.consumer.people.keys.map(CallSID.init) : [nil]
      for call in calls where condition.holds(in: commit.consumer, call) {
        let alert = Alert(condition.name, of: call)
        if commit.consumer.alerts[alert] == nil, told[alert] == nil { told[alert] = moment }
      }
    }
  }

  private mutating func forget(_ isOver: (Alert) -> Bool) {
    for alert in told.keys where isOver(alert) { (told[alert], shown[alert]) = (nil, nil) }
  }

  /// Checks alerts after a complete scan and its events are stored.
  ///
  /// - Returns: the faults.
  mutating func completed(_ commit: Commit, at now: Timestamp) -> [String] {
    guard let poll = commit.poll, let arrival = poll.firstPage else { return [] }
    var flaws: [String] = []
    for alert in told.keys {
      guard let condition = commit.conditions.first(where: { $0.name == alert.name }) else { continue }
      guard condition.isSeen(alert.call, poll, commit) else { continue }
      let first = alert.call == nil ? shown[alert] : told[alert]
      if let first, arrival - first >= condition.duration {
        flaws.append("\(alert) was not raised although its state has lasted \(condition.duration)")
      }
      shown[alert] = shown[alert] ?? now
    }
    return flaws
  }
}

extension ConsumedEvent {
  fileprivate var ofAlert: Alert? { alert.map { Alert($0, of: call.flatMap(CallSID.init)) } }
}

extension AlertCondition {
  fileprivate var isOfPeople: Bool { [.hold, .muted, .coaching].contains(subject) }

  private func holds(for state: ParticipantState) -> Bool {
    switch subject {
    case .hold: state.isOnHold
    case .muted: state.isMuted
    case .coaching: state.isCoaching
    case .alone, .empty, .people: false
    }
  }

  /// Returns whether the condition is true of a number of participants.
  private func holds(for people: Int) -> Bool {
    switch subject {
    case .alone: people == 1
    case .empty: people == 0
    case .people: people > count
    case .hold, .muted, .coaching: false
    }
  }

  fileprivate func holds(in consumer: Consumer, _ call: CallSID?) -> Bool {
    guard let call else { return !isOfPeople && consumer.hasStarted && holds(for: consumer.people.count) }
    return consumer.people[call.text].map { holds(for: $0.state) } ?? false
  }

  /// Returns whether a scan may show the state.
  fileprivate func mayBeSeen(_ call: CallSID?, _ poll: PollRecord, _ commit: AlertJudge.Commit) -> Bool {
    let rows = poll.merged(in: commit.room)
    if let call {
      return poll.asked.contains(call.text)
        || rows[call.text].map { holds(for: $0.version(in: commit.room).told) } ?? false
    }
    let listed = rows.values.count { $0.version(in: commit.room).state.place == .inRoom }
    switch subject {
    case .empty: return listed == 0 && poll.conferenceIsRunning
    case .alone: return listed <= 1
    case .people: return listed + poll.asked.count > count
    case .hold, .muted, .coaching: return false
    }
  }

  /// Returns whether a scan shows the state beyond doubt.
  fileprivate func isSeen(_ call: CallSID?, _ poll: PollRecord, _ commit: AlertJudge.Commit) -> Bool {
    let listed = poll.merged(in: commit.room).filter { $0.value.version(in: commit.room).state.place == .inRoom }
    let people = commit.consumer.people
    guard poll.asked.isEmpty else { return false }
    if let call {
      guard let row = listed[call.text], let state = people[call.text]?.state else { return false }
      return row.version(in: commit.room).told == state && !commit.room.isOlder(row, than: state, of: call.text)
    }
    guard Set(listed.keys) == Set(people.keys) else { return false }
    return subject == .empty ? poll.conferenceIsRunning : true
  }
}

extension TrueConference {
  /// Returns whether a row is older than a state of its participant.
  func isOlder(_ row: ShownRow, than state: ParticipantState, of call: String) -> Bool {
    let updated = row.version(in: self).updated
    return (staysOf[call] ?? []).contains { stay in
      stays[stay].versions.contains { $0.told == state && $0.updated > updated }
    }
  }
}
