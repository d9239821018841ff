import RollcallCore

/// The known calls of one conference's participants, and the calls still to look up.
///
/// Each participant's call is looked up once, and again only if there was no answer. Participants who left are
/// forgotten.
struct CallBook {
  /// The maximum number of look-ups for one stay.
  static let maximumTries = 3

  private enum Knowledge {
    case wanted(tries: Int)
    /// nil if the provider does not know the call.
    case answered(CallDetails?)
  }

  private var people: [CallSID: Knowledge] = [:]
  /// The calls to look up, in no particular order.
  private var wanted: Set<CallSID> = []
  /// The index at which each participant's stay begins in the events about to be emitted.
  private var arrivals: [CallSID: Int] = [:]
  private var answers: [SavedRoom.Call] = []
  /// The call details of participants who leave in the events about to be emitted.
  private var departed: [CallSID: CallDetails] = [:]

  /// - Parameters:
  ///   - people: the participants already in the room.
  ///   - saved: the call details that an earlier run looked up.
  init(people: some Sequence<CallSID>, saved: [SavedRoom.Call]) {
    for call in people { want(call) }
    for call in saved where self.people[call.callSID] != nil { answer(call.callSID, call.details) }
  }

  /// The calls to look up: first those of arrivals about to be emitted, in the order of arrival.
  var questions: [CallSID] {
    guard !wanted.isEmpty else { return [] }
    return wanted.sorted { (arrivals[$0] ?? .max, $0) < (arrivals[$1] ?? .max, $1) }
  }

  /// Records arrivals and departures, and adds the details that are known to the events.
  mutating func begin(_ events: inout [Event]) {
    (arrivals, departed) = ([:], [:])
    for index in events.indices {
      guard let call = events[index].call else { continue }
      switch events[index].type {
      case .participantPresent, .participantJoined:
        want(call)
        arrivals[call] = index
      case .participantLeft:
        departed[call] = details(of: call)
        events[index].callDetails = departed[call]
        people[call] = nil
        wanted.remove(call)
      case .participantMuted, .participantUnmuted, .participantHeld, .participantUnheld, .participantCoachingStarted,
        .participantCoachingStopped, .participantUpdated:
        events[index].callDetails = details(of: call)
      // An alert about a participant who leaves is resolved after the departure.
      case .alertRaised, .alertResolved: events[index].callDetails = departed[call] ?? details(of: call)
      case .conferencePresent, .conferenceStarted, .conferenceEnded, .watchStarted, .watchInterrupted, .watchResumed,
        .watchHeartbeat, .watchStopped:
        break
      }
    }
  }

  /// Adds the details looked up since ``begin(_:)`` to the events. Events of an earlier stay do not change.
  mutating func finish(_ events: inout [Event]) {
    for index in events.indices {
      guard let call = events[index].call, events[index].callDetails == nil, index >= arrivals[call] ?? 0 else {
        continue
      }
      events[index].callDetails = details(of: call)
    }
    arrivals = [:]
  }

  /// Records that a look-up is sent.
  mutating func ask(_ call: CallSID) {
    guard case .wanted(let tries) = people[call] else { return }
    people[call] = .wanted(tries: tries + 1)
    if tries + 1 >= Self.maximumTries { wanted.remove(call) }
  }

  /// Records a reply. The first conclusive reply is final.
  mutating func take(_ reply: CallReply, about call: CallSID) {
    guard case .wanted = people[call], reply.isFinal else { return }
    answer(call, reply.details)
    answers.append(SavedRoom.Call(callSID: call, details: reply.details))
  }

  var hasAnswers: Bool { !answers.isEmpty }

  /// Returns the answers since the last call.
  mutating func takeAnswers() -> [SavedRoom.Call] {
    defer { answers = [] }
    return answers
  }

  private func details(of call: CallSID) -> CallDetails? {
    if case .answered(let details) = people[call] { details } else { nil }
  }

  private mutating func want(_ call: CallSID) {
    people[call] = .wanted(tries: 0)
    wanted.insert(call)
  }

  private mutating func answer(_ call: CallSID, _ details: CallDetails?) {
    people[call] = .answered(details)
    wanted.remove(call)
  }
}
