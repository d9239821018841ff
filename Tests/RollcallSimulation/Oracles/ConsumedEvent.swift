import RollcallCore

/// An event as a consumer reads it from its line.
struct ConsumedEvent {
  let type: EventType
  let sequence: UInt64
  let timestamp: Timestamp
  private(set) var after: Timestamp?
  private(set) var conference: String?
  private(set) var call: String?
  private(set) var alert: String?
  private(set) var since: Timestamp?
  private(set) var isInitial = false
  private(set) var coached: String?
  private(set) var lasted: Int64?
  private(set) var evidence: String?
  private(set) var count: Int64?
  private(set) var reason: String?
  private(set) var changes: [(key: String, value: JSONValue)] = []
  private(set) var participant: JSONValue?
  /// Whether the event belongs to a departure that a later event reports.
  var endsStay = false

  /// - Parameter redaction: resolves the tokens in the event.
  /// - Returns: nil if the line does not match the event.
  init?(_ event: StoredEvent, _ redaction: RedactionJudge? = nil) {
    guard let shown = (try? JSONReader.read(Array(event.line.dropLast())))?.asObject else { return nil }
    let members = redaction?.revealed(shown) ?? shown
    type = event.type
    sequence = event.sequence
    timestamp = event.timestamp
    var isItself = 0
    for (key, value) in members {
      switch key {
      case "id": if value.asText == event.id { isItself += 1 }
      case "type": if value.asText == event.type.rawValue { isItself += 1 }
      case "timestamp": if value.asText == event.timestamp.rfc3339 { isItself += 1 }
      case "sequence": if value.asInteger == Int64(event.sequence) { isItself += 1 }
      default: take(key, value)
      }
    }
    guard isItself == 4, conference == event.conference?.text else { return nil }
  }

  private mutating func take(_ key: String, _ value: JSONValue) {
    switch key {
    case "occurred_after": after = value.asText.flatMap(Timestamp.init(rfc3339:))
    case "conference_sid": conference = value.asText
    case "call_sid": call = value.asText
    case "alert": alert = value.asText
    case "since": since = value.asText.flatMap(Timestamp.init(rfc3339:))
    case "initial": isInitial = value.asBool == true
    case "call_sid_to_coach": coached = value.asText
    case "lasted_ms": lasted = value.asInteger
    case "confirmed_by": evidence = value.asText
    case "participant_count": count = value.asInteger
    case "reason": reason = value.asText
    case "changes": changes = value.asObject ?? []
    case "participant": participant = value
    default: break
    }
  }

  /// Whether the event is part of a baseline.
  var isBaseline: Bool { type == .conferencePresent || type == .participantPresent }

  /// The state in the record.
  var state: ParticipantState {
    var (muted, hold, coaching, starts, ends) = (false, false, false, false, false)
    var (target, status, label): (String?, String?, String?) = (nil, nil, nil)
    for (key, value) in participant?.asObject ?? [] {
      switch key {
      case "muted": muted = value.asBool == true
      case "hold": hold = value.asBool == true
      case "coaching": coaching = value.asBool == true
      case "start_conference_on_enter": starts = value.asBool == true
      case "end_conference_on_exit": ends = value.asBool == true
      case "call_sid_to_coach": target = value.asText
      case "status": status = value.asText
      case "label": label = value.asText
      default: break
      }
    }
    return ParticipantState(
      isMuted: muted, isOnHold: hold, isCoaching: coaching, callSIDToCoach: target, status: status,
      startsConferenceOnEnter: starts, endsConferenceOnExit: ends, label: label)
  }
}
