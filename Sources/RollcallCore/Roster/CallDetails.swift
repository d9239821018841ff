/// The two ends of a participant's call and its direction, as the provider reports them.
///
/// Each text is cut to ``ParticipantState/maximumText`` bytes of its JSON form.
public struct CallDetails: Sendable, Equatable {
  /// The caller: a phone number, SIP address or client name; nil if the provider gives none.
  public let from: String?
  /// The called party, in the same form as ``from``.
  public let to: String?
  /// The direction in the provider's wording, such as `inbound` or `outbound-dial`.
  public let direction: String?

  package init(from: String?, to: String?, direction: String?) {
    self.from = from.map(ParticipantState.shortened)
    self.to = to.map(ParticipantState.shortened)
    self.direction = direction.map(ParticipantState.shortened)
  }

  /// Compares texts by their bytes.
  public static func == (left: CallDetails, right: CallDetails) -> Bool {
    left.from.isWritten(like: right.from) && left.to.isWritten(like: right.to)
      && left.direction.isWritten(like: right.direction)
  }
}

extension CallDetails {
  /// Reads a provider's call resource. Values that are not text count as null.
  package init(_ call: JSONValue) {
    self.init(from: call["from"]?.asText, to: call["to"]?.asText, direction: call["direction"]?.asText)
  }

  /// The JSON object used in events and in the state file.
  package var json: [UInt8] {
    var object = ObjectWriter(capacity: 128)
    object.add("from", text: from)
    object.add("to", text: to)
    object.add("direction", text: direction)
    return object.finished()
  }
}

/// The result of looking up a call.
package enum CallReply: Equatable, Sendable {
  case found(CallDetails)
  /// The provider knows no such call.
  case notFound
  /// The token does not permit the look-up.
  case refused
  /// No reply, or one without usable information.
  case unclear

  /// Whether asking again is pointless.
  package var isFinal: Bool {
    switch self {
    case .found, .notFound: true
    case .refused, .unclear: false
    }
  }

  /// The details of the call, if it was found.
  package var details: CallDetails? {
    switch self {
    case .found(let details): details
    case .notFound, .refused, .unclear: nil
    }
  }
}
