import RollcallCore

/// What is known of the calls of one conference's people, and who is to be asked for.
///
/// Everybody who comes is asked for once, and again only where that brought no answer. Who has left is forgotten.
struct CallBook {
  /// Requests for one stay at the most.
  static let maximumTries = 3

  private enum Knowledge {
    case wanted(tries: Int)
    /// nil where the provider knows nothing of the call.
    case answered(CallDetails?)
  }

  private var people: [CallSID: Knowledge] = [:]
  /// Those who are to be asked for, in no order.
  private var wanted: Set<CallSID> = []
  /// Where in the events that are about to be told somebody's stay begins.
  private var arrivals: [CallSID: Int] = [:]
  private var answers: [SavedRoom.Call] = []
  /// What was known of the calls of those who leave by the events that are about to be told.
  private var departed: [CallSID: CallDetails] = [:]

  /// - Parameters:
  ///   - people: who is in the room already.
  ///   - saved: what an earlier run was told of their calls.
  init(people: some Sequence<CallSID>, saved: [SavedRoom.Call]) {
    for call in people { want(call) }
    for call in saved where self.people[call.callSID] != nil { answer(call.callSID, call.details) }
  }

  /// Whom to ask for: those who are about to be told of first, in the order in which they came.
  var questions: [CallSID] {
    guard !wanted.isEmpty else { return [] }
    return wanted.sorted { (arrivals[$0] ?? .max, $0) < (arrivals[$1] ?? .max, $1) }
  }

  /// Takes note of who comes and goes, and has events of those who are known say so.
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
      // An alert about somebody who leaves is resolved after that.
      case .alertRaised, .alertResolved: events[index].callDetails = departed[call] ?? details(of: call)
      case .conferencePresent, .conferenceStarted, .conferenceEnded, .watchStarted, .watchInterrupted, .watchResumed,
        .watchHeartbeat, .watchStopped:
        break
      }
    }
  }

  /// Has the events say what was learnt since ``begin(_:)``. Those of an earlier stay of somebody stay as they are.
  mutating func finish(_ events: inout [Event]) {
    for index in events.indices {
      guard let call = events[index].call, events[index].callDetails == nil, index >= arrivals[call] ?? 0 else {
        continue
      }
      events[index].callDetails = details(of: call)
    }
    arrivals = [:]
  }

  /// Takes note of a request that is sent.
  mutating func ask(_ call: CallSID) {
    guard case .wanted(let tries) = people[call] else { return }
    people[call] = .wanted(tries: tries + 1)
    if tries + 1 >= Self.maximumTries { wanted.remove(call) }
  }

  /// Takes a reply. Whatever says something is the last word.
  mutating func take(_ reply: CallReply, about call: CallSID) {
    guard case .wanted = people[call], reply.isFinal else { return }
    answer(call, reply.details)
    answers.append(SavedRoom.Call(callSID: call, details: reply.details))
  }

  var hasAnswers: Bool { !answers.isEmpty }

  /// The answers that have come since this was last asked for.
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
