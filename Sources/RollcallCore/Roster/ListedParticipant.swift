/// One participant as a page listed them.
public struct ListedParticipant: Sendable, Equatable {
  /// Bytes of a record; a longer one is rewritten, see ``record``.
  public static let maximumRecord = 2 << 10
  /// Bytes of a text in a record that is rewritten, inside its quotes, escapes included.
  public static let maximumRecordText = 256

  public let callSID: CallSID
  public let state: ParticipantState
  public let presence: Presence
  /// Seconds since 1970-01-01T00:00:00Z; nil where the provider's date is absent or cannot be read.
  public let dateCreated: Int64?
  /// Seconds since 1970-01-01T00:00:00Z; nil where the provider's date is absent or cannot be read.
  public let dateUpdated: Int64?
  /// The provider's JSON object on one line, without white space and with its strings in their shortest form.
  ///
  /// One that would pass ``maximumRecord`` holds only the 13 documented fields and `label`, each text cut to
  /// ``maximumRecordText``, and `"truncated":true` at its end.
  public let record: [UInt8]

  package init(
    callSID: CallSID, state: ParticipantState, presence: Presence? = nil, dateCreated: Int64?, dateUpdated: Int64?,
    record: [UInt8]
  ) {
    self.callSID = callSID
    self.state = state
    self.presence = presence ?? Presence(status: state.status)
    self.dateCreated = dateCreated
    self.dateUpdated = dateUpdated
    self.record = record
  }
}
