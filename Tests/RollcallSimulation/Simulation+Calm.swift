@testable import RollcallCore

/// The end of a world: the provider tells the truth, nothing fails, and what was emitted must become true and be
/// delivered.
extension Simulation {
  /// Ends all troubles: from now on the provider tells the truth, and nothing fails.
  func calm() {
    trace.note("calm")
    isTroubled = false
    provider.faults.isOn = false
    provider.lies.isOn = false
    store.troubles.isOn = false
    reader.isTroubled = false
    for receiver in receivers { receiver.isTroubled = false }
    for life in lives { life.isGoingOn = false }
    hints?.isOn = false
  }

  /// The maximum time, in milliseconds, until back-off, refusals and pauses requested by the provider end.
  private static let patience: Int64 = 240_000
  private static let calmScans = 3
  /// Confirmations go out eight at a time and for two seconds per poll, so many of them take several polls.
  private static let maximumCalmScans = 12
  /// If answers about participants say nothing, the list alone is believed after 30 scans and 60 s. These values
  /// include a margin.
  private static let insistence = (scans: 45, time: Int64(90_000))

  /// Waits until the rooms are correct.
  ///
  /// - Returns: false if there is nothing to wait for.
  func settle() -> Bool {
    for judge in judge.conferences.values { judge.beginCalm() }
    // A conference that has not been found yet is found by the next discovery, which the last one may delay. It then
    // waits for its turn.
    let gap = process?.requestGap ?? 0
    let round = gap * Int64(plan.conferences) * 5 / 2
    let pace = max(round, process?.worstCase.wholeMilliseconds ?? 0)
    let look = gap * Int64(ConferenceDiscovery.statuses.count * 2 * RequestBudget.listShare)
    let end = agenda.now + Self.patience + insistence + look + max(plan.interval * 8, pace * Int64(enoughScans))
    while !isSettled, goOn(until: end) {}
    guard judge.faults.isEmpty else { return false }
    if process?.isAlive != true, !plan.hasState { return false }
    guard isSettled else {
      judge.fail(.liveness, "some conferences were not scanned in time")
      return false
    }
    for life in lives where isWatched(life.room) { compare(life.room) }
    return judge.faults.isEmpty
  }

  private var answersAreSilent: Bool { plan.troubles.contains(.deadStatuses) }
  /// The time from the first scan after which the list is believed. A pause that the provider asked for may delay that
  /// scan.
  private var insistence: Int64 { answersAreSilent ? Self.insistence.time : 0 }
  private var enoughScans: Int { answersAreSilent ? Self.insistence.scans : Self.maximumCalmScans }

  /// Returns whether a conference belongs to the watched shard.
  private func isWatched(_ room: TrueConference) -> Bool { plan.shard?.contains(room.conference) != false }

  private var isSettled: Bool {
    lives.allSatisfy { life in
      guard isWatched(life.room), let judge = judge.conferences[life.room.sid] else { return true }
      let isLate = judge.calmScans >= enoughScans && judge.calmTime >= insistence
      return life.room.isRunning
        ? isLate || judge.calmScans >= Self.calmScans && isTold(life.room)
        : judge.consumer.isOver || !judge.consumer.hasStarted && mayHaveMissed
    }
  }

  /// Whether a conference may have ended without any event, before its first complete scan.
  private var mayHaveMissed: Bool {
    process?.isAlive != true && restartsAt == nil || agenda.now > plan.troubleTime + 60_000
  }

  /// Returns whether the events of a conference match the truth.
  private func isTold(_ room: TrueConference) -> Bool {
    guard let told = judge.conferences[room.sid]?.consumer, told.hasStarted else { return true }
    let present = room.present.map { room.stays[$0] }
    // While a later stay of the same call is ringing, the earlier one cannot be confirmed, so the list decides after 60
    // seconds.
    let ringing = told.people.keys.count { room.latest(of: $0)?.state.place == .notYet }
    guard present.count == told.people.count - ringing, room.isRunning != told.isOver else { return false }
    return present.allSatisfy { told.people[$0.call]?.state == $0.state.told }
  }

  private func compare(_ room: TrueConference) {
    guard !isTold(room) else { return }
    let told = Set((judge.conferences[room.sid]?.consumer.people ?? [:]).keys)
    let present = room.present.map { room.stays[$0].call }
    let others = told.symmetricDifference(present).sorted().map { call in
      "\(call) \(room.staysOf[call]?.map { room.stays[$0].summary } ?? [])"
    }
    judge.fail(.liveness, "\(room.sid): the folded events do not match the truth at the end: \(others)")
  }

  /// The time within which every lane is retried, whatever happened before.
  private static let deliveryTime: Int64 = 1_300_000

  func deliverEverything() {
    pollsAreOver = true
    process?.endPolls()
    let end = agenda.now + Self.deliveryTime
    while judge.delivery.undelivered != nil {
      if process?.isAlive != true {
        guard plan.hasState else { return }
        if restartsAt == nil { startAgain(after: 1000) }
      }
      // The last thing that happened may have been the end of a process.
      let mayStart = restartsAt == nil && judge.faults.isEmpty
      guard goOn(until: end) || mayStart && process?.isAlive != true else { break }
    }
    // Without state, nothing remains of a process that has ended.
    guard judge.faults.isEmpty, plan.hasState || process?.isAlive == true else { return }
    if let undelivered = judge.delivery.undelivered { judge.fail(.liveness, undelivered) }
  }
}
