/// Somebody in the room, as the stream has told it so far.
package struct Participant: Equatable, Sendable {
  package let callSID: CallSID
  package internal(set) var state: ParticipantState
  /// Seconds since 1970; nil where the provider's date says nothing.
  package internal(set) var dateCreated: Int64?
  /// Means nothing where the record is empty.
  package internal(set) var dateUpdated: Int64?
  /// The provider's record, last seen; empty where the tracker has it in a page: see ``ConferenceTracker/wholeRoom``.
  package internal(set) var record: [UInt8]
  package internal(set) var since: Since

  /// When the events that began each state were written; nil where the state was there in the baseline, or is not there.
  package struct Since: Equatable, Sendable {
    package internal(set) var joined: Timestamp?
    package internal(set) var muted: Timestamp?
    package internal(set) var held: Timestamp?
    package internal(set) var coaching: Timestamp?
  }

  init(_ row: ListedParticipant, since: Since = Since()) {
    callSID = row.callSID
    state = row.state
    dateCreated = row.dateCreated
    dateUpdated = row.dateUpdated
    record = row.record
    self.since = since
  }

  /// Takes over what a newer row says. Dates that say nothing leave the held ones as they are.
  mutating func refresh(from row: ListedParticipant) {
    state = row.state
    dateCreated = row.dateCreated ?? dateCreated
    dateUpdated = row.dateUpdated ?? dateUpdated
    record = row.record
  }
}

extension Participant {
  /// When they joined, as their event says; nil where they were there in the baseline.
  package var joined: Timestamp? { since.joined }
}
