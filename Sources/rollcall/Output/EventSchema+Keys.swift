import RollcallCore

extension EventKey {
  /// What the value of the key is, in whatever type of event.
  var schema: JSONValue {
    var members = form
    members.append(("description", .string(meaning)))
    return .members(members)
  }

  private var form: [(String, JSONValue)] {
    switch self {
    case .id: [("type", "string"), ("pattern", "^evt_[0-9a-f]{16}_[0-9]{12,20}$")]
    case .type: [("type", "string")]
    case .timestamp, .from, .to: [("$ref", "#/$defs/time")]
    case .sequence: [("type", "integer"), ("minimum", 1)]
    case .occurredAfter: [("anyOf", [.members([("$ref", "#/$defs/time")]), .members([("type", "null")])])]
    case .conference, .call: [("$ref", "#/$defs/sid")]
    case .friendlyName, .version, .error: [("type", "string")]
    case .changes: [("type", "object"), ("minProperties", 1)]
    case .initial: [("const", .bool(true))]
    case .callToCoach: [("type", ["string", "null"])]
    case .lasted: [("type", ["integer", "null"]), ("minimum", 0)]
    case .confirmedBy: [("enum", .texts(DepartureEvidence.allCases.map(\.rawValue)))]
    case .endedBy: Self.ending
    case .participant:
      [("type", "object"), ("required", ["call_sid"]), ("properties", .members([("call", Self.callDetails)]))]
    case .reason: [("type", "string")]
    case .interval: [("type", "integer"), ("minimum", 1)]
    case .participantCount, .baseline, .pollsMissed, .conferences, .participants, .polls, .failures, .pollDelayMedian,
      .pollDelay99thPercentile, .undelivered:
      [("$ref", "#/$defs/count")]
    }
  }

  private static var ending: [(String, JSONValue)] {
    let text = JSONValue.members([("$ref", "#/$defs/text")])
    let keys = ["reason", "call_sid"]
    return [
      ("type", "object"), ("required", .texts(keys)), ("properties", .members(keys.map { ($0, text) })),
      ("additionalProperties", .bool(true)),
    ]
  }

  /// What the record has with `--enrich`.
  private static var callDetails: JSONValue {
    let text = JSONValue.members([("$ref", "#/$defs/text")])
    let keys = ["from", "to", "direction"]
    return .members([
      ("type", "object"), ("required", .texts(keys)), ("properties", .members(keys.map { ($0, text) })),
      ("additionalProperties", .bool(true)),
      ("description", "only with --enrich: who calls whom, as the provider says it of the call"),
    ])
  }

  /// What the key tells.
  var meaning: String {
    switch self {
    case .id: "unique and sortable; the same each time that the event is sent"
    case .type: "what happened"
    case .timestamp: "when the reply that the event rests on had been received, in UTC"
    case .sequence: "counts from 1, without a gap in the stream"
    case .occurredAfter: "the change happened after this moment and not later than timestamp; null in a baseline"
    case .conference: "the conference"
    case .friendlyName: "the name of the conference"
    case .call: "the participant"
    case .changes: "the fields that the event is about, each with what it was and what it is"
    case .initial: "the state belongs to a join"
    case .callToCoach: "who is coached, or was; null where the provider names nobody"
    case .lasted: "milliseconds since the event that began the state; null where that was a baseline"
    case .confirmedBy: "what the departure rests on"
    case .endedBy: "why the conference ended, and whose call ended it, as the provider says"
    case .participant: "the provider's record; its keys are the provider's"
    case .participantCount: "people in the room after this event"
    case .baseline: "how many were there when watching began"
    case .interval: "milliseconds between polls"
    case .version: "the version of rollcall"
    case .from: "the last complete list before the gap"
    case .to: "the first complete list after it"
    case .reason: "why"
    case .error: "what went wrong last"
    case .pollsMissed: "polls that the gap has cost"
    case .conferences: "conferences that are watched"
    case .participants: "people in their rooms"
    case .polls: "polls since the heartbeat before"
    case .failures: "polls, and looks for conferences, that failed since then"
    case .pollDelayMedian: "milliseconds by which half of the polls were late at the most"
    case .pollDelay99thPercentile: "the same of 99 in 100"
    case .undelivered: "events that wait for an output"
    }
  }
}
