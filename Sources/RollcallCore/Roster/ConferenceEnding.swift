/// Why a conference ended, and the call whose leaving ended it, as the provider says.
///
/// Texts are kept cut to ``ParticipantState/maximumText`` bytes as written. At least one of them is there.
public struct ConferenceEnding: Sendable, Hashable {
  /// The provider's word, such as `last-participant-left`.
  public let reason: String?
  /// The sid of the call; not checked, and never used to ask for anything.
  public let call: String?

  /// - Returns: nil where neither text says anything.
  package init?(reason: String?, call: String?) {
    func kept(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : ParticipantState.held($0) } }
    (self.reason, self.call) = (kept(reason), kept(call))
    guard self.reason != nil || self.call != nil else { return nil }
  }

  /// Reads what a conference's own resource says. A value that is no text counts as null.
  package init?(_ conference: JSONValue) {
    self.init(
      reason: conference["reason_conference_ended"]?.asText, call: conference["call_sid_ending_conference"]?.asText)
  }

  /// The value of `ended_by`.
  var json: [UInt8] {
    var object = ObjectWriter(capacity: 128)
    object.add("reason", text: reason)
    object.add("call_sid", text: call)
    return object.finished()
  }
}
