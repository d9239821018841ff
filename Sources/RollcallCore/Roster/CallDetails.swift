/// Who calls whom, as the provider says it of a participant's call.
///
/// Texts are held cut to ``ParticipantState/maximumText`` bytes as they are written.
public struct CallDetails: Sendable, Equatable {
  /// A phone number, SIP address or client's name; nil where the provider has none.
  public let from: String?
  public let to: String?
  /// The provider's word, such as `inbound` or `outbound-dial`.
  public let direction: String?

  package init(from: String?, to: String?, direction: String?) {
    self.from = from.map(ParticipantState.held)
    self.to = to.map(ParticipantState.held)
    self.direction = direction.map(ParticipantState.held)
  }

  /// Whether both are written with the same bytes.
  public static func == (left: CallDetails, right: CallDetails) -> Bool {
    left.from.isWritten(like: right.from) && left.to.isWritten(like: right.to)
      && left.direction.isWritten(like: right.direction)
  }
}

extension CallDetails {
  /// Takes what a provider says of a call. A value that is no text counts as null.
  package init(_ call: JSONValue) {
    self.init(from: call["from"]?.asText, to: call["to"]?.asText, direction: call["direction"]?.asText)
  }

  /// As they stand in an event and in a state file.
  package var json: [UInt8] {
    var object = ObjectWriter(capacity: 128)
    object.add("from", text: from)
    object.add("to", text: to)
    object.add("direction", text: direction)
    return object.finished()
  }
}

/// What the question for a call has come to.
package enum CallReply: Equatable, Sendable {
  case found(CallDetails)
  /// The provider knows no such call.
  case notFound
  /// The token may not be told.
  case refused
  /// No reply, or one that says nothing.
  case unclear

  /// Whether there is nothing more to be asked.
  package var isFinal: Bool {
    switch self {
    case .found, .notFound: true
    case .refused, .unclear: false
    }
  }

  /// What is known of the call by it; nil where that is nothing.
  package var details: CallDetails? {
    switch self {
    case .found(let details): details
    case .notFound, .refused, .unclear: nil
    }
  }
}
