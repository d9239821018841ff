/// One row of a simulated room.
struct SimulatedPerson: Sendable, Equatable {
  let callSID: String
  let call: SimulatedCall
  /// The place in the order of joining; pages continue behind it.
  let order: Int
  /// Milliseconds since the space began.
  let joinedAt: Int64
  var updatedAt: Int64
  /// Set where the row stays in the list although its owner has left.
  var leftAt: Int64?
  /// Set while they are called and have not answered yet.
  var answersAt: Int64?
  /// What the API's caller names them.
  var label: String?
  var muted = false
  var hold = false
  var coaching = false
  var target: String?
  var startsOnEnter = true
  var endsOnExit = false

  init(callSID: String, call: SimulatedCall, order: Int, at milliseconds: Int64) {
    self.callSID = callSID
    self.call = call
    self.order = order
    joinedAt = milliseconds
    updatedAt = milliseconds
  }

  /// How far a call is.
  enum Stage: Sendable {
    case queued
    case ringing
    case connected
    case finished
  }

  /// - Parameter moment: milliseconds since the space began.
  func stage(at moment: Int64) -> Stage {
    if leftAt != nil { return .finished }
    guard let answersAt else { return .connected }
    return moment - joinedAt < answersAt - moment ? .queued : .ringing
  }

  /// Whether they are really there.
  var isPresent: Bool { leftAt == nil && answersAt == nil }

  /// Who is coached, which nobody is unless `coaching` is set.
  var coached: String? { coaching ? target : nil }

  /// What an observer with perfect sight would call the way from an earlier state to this one.
  func changes(since earlier: SimulatedPerson) -> [(kind: TruthEntry.Kind, target: String?)] {
    var changes: [(kind: TruthEntry.Kind, target: String?)] = []
    if muted != earlier.muted { changes.append((muted ? .muted : .unmuted, nil)) }
    if hold != earlier.hold { changes.append((hold ? .held : .unheld, nil)) }
    if coaching != earlier.coaching || coached != earlier.coached {
      if earlier.coaching { changes.append((.coachingStopped, earlier.coached)) }
      if coaching { changes.append((.coachingStarted, coached)) }
    }
    if startsOnEnter != earlier.startsOnEnter || endsOnExit != earlier.endsOnExit { changes.append((.updated, nil)) }
    return changes
  }
}
