/// The questions that a complete scan leaves open, while they are asked.
struct Inquiry: Sendable {
  var scan: Scan
  var findings: Findings
  /// When the first question of this round was sent.
  let began: Timestamp
  /// What has not answered by then says nothing.
  var deadline: Timestamp { began + scan.timeForQuestions }
  /// When the conference itself was asked for; nil where it was not, or has answered.
  var conferenceAskedAt: Timestamp?
  /// Calls still to be asked for, the last one first.
  var waiting: [CallSID] = []
  /// Calls asked for, and when.
  var inFlight: [CallSID: Timestamp] = [:]

  var isOpen: Bool { conferenceAskedAt != nil || !waiting.isEmpty || !inFlight.isEmpty }

  /// Sends as many of the waiting questions as may be under way.
  mutating func sendMore(at now: Timestamp) -> [ConferenceTracker.Action] {
    var actions: [ConferenceTracker.Action] = []
    while inFlight.count < ConferenceTracker.maximumConfirmationsInFlight, let call = waiting.popLast() {
      inFlight[call] = now
      actions.append(.fetchParticipant(call))
    }
    return actions
  }
}
