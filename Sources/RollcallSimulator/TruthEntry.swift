/// One thing that really happened in a simulated room, whether or not anybody asked in time to see it.
package struct TruthEntry: Sendable, Equatable {
  package enum Kind: String, Sendable {
    case joined, left, muted, unmuted, held, unheld
    case coachingStarted = "coaching_started"
    case coachingStopped = "coaching_stopped"
    /// Another tracked field moved, such as `end_conference_on_exit`.
    case updated
    /// The conference is over; it has no call sid.
    case ended
  }

  /// Since the space began.
  package let milliseconds: Int64
  package let kind: Kind
  /// Empty for ``Kind/ended``.
  package let callSID: String
  /// Who is, or was, being coached.
  package let target: String?

  package init(milliseconds: Int64, kind: Kind, callSID: String, target: String? = nil) {
    self.milliseconds = milliseconds
    self.kind = kind
    self.callSID = callSID
    self.target = target
  }
}
