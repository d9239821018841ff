package import RollcallCore
import RollcallKit

/// Builds the JSON Schema of the events, which `rollcall help --schema` prints.
///
/// It says what consumers may rely on: unknown types and keys are valid, since later versions may add some. With every
/// `"additionalProperties": true` changed to false, it finds undocumented keys.
enum EventSchema {
  static let text = JSONDocument.text(of: document)

  static var document: JSONValue {
    .members([
      ("$schema", "https://json-schema.org/draft/2020-12/schema"),
      ("title", "Events of rollcall"),
      (
        "description",
        .string("One event is one line of standard output, and the body of one POST. Version \(version).")
      ),
      ("$comment", "Consumers ignore types and keys that they do not know."),
      ("type", "object"),
      ("required", .texts([EventKey.id, .type, .timestamp, .sequence].map(\.rawValue))),
      ("properties", .members([EventKey.id, .type, .timestamp, .sequence].map { ($0.rawValue, $0.schema) })),
      ("allOf", .array(EventType.allCases.map(branch))),
      ("$defs", .members(shared + EventType.allCases.map { ($0.rawValue, definition(of: $0)) })),
    ])
  }

  private static let version = RollcallVersion.number

  /// Returns the part of the schema for one type.
  private static func branch(of type: EventType) -> JSONValue {
    .members([
      ("if", .members([("properties", .members([("type", .members([("const", .string(type.rawValue))]))]))])),
      ("then", .members([("$ref", .string("#/$defs/\(type.rawValue)"))])),
    ])
  }

  private static func definition(of type: EventType) -> JSONValue {
    let required = EventKey.allCases.filter(type.requiredKeys.contains)
    let keys = EventKey.allCases.filter { type.requiredKeys.contains($0) || type.optionalKeys.contains($0) }
    return .members([
      ("description", .string(type.meaning)),
      ("required", .texts(required.map(\.rawValue))),
      ("properties", .members(keys.map { ($0.rawValue, type.schema(of: $0)) })),
      ("additionalProperties", .bool(true)),
    ])
  }

  private static let shared: [(String, JSONValue)] = [
    (
      "time",
      .members([
        ("type", "string"), ("format", "date-time"),
        ("pattern", #"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$"#),
      ])
    ),
    (
      "sid",
      .members([
        ("type", "string"), ("pattern", "^[A-Za-z0-9:_.-]{1,128}$"), ("not", .members([("enum", [".", ".."])])),
      ])
    ),
    ("count", .members([("type", "integer"), ("minimum", 0)])),
    ("flag", .members([("type", "boolean")])),
    ("text", .members([("type", ["string", "null"])])),
  ]
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
  package init(stringLiteral text: String) { self = .string(text) }
  package init(integerLiteral number: Int) { self = .number(text: String(number)) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

  static func members(_ members: [(String, JSONValue)]) -> JSONValue {
    .object(members.map { (key: $0.0, value: $0.1) })
  }

  static func texts(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
}

extension EventKey {
  /// The schema of the key's value, for events of any type.
  var schema: JSONValue {
    var members = form
    members.append(("description", .string(meaning)))
    return .members(members)
  }

  private var form: [(String, JSONValue)] {
    switch self {
    case .id: [("type", "string"), ("pattern", "^evt_[0-9a-f]{16}_[0-9]{12,20}$")]
    case .type: [("type", "string")]
    case .timestamp, .since, .from, .to: [("$ref", "#/$defs/time")]
    case .sequence: [("type", "integer"), ("minimum", 1)]
    case .occurredAfter: [("anyOf", [.members([("$ref", "#/$defs/time")]), .members([("type", "null")])])]
    case .conference, .call: [("$ref", "#/$defs/sid")]
    case .alert, .friendlyName, .version, .error: [("type", "string")]
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

  /// The schema of `call`, which records have with `--enrich`.
  private static var callDetails: JSONValue {
    let text = JSONValue.members([("$ref", "#/$defs/text")])
    let keys = ["from", "to", "direction"]
    return .members([
      ("type", "object"), ("required", .texts(keys)), ("properties", .members(keys.map { ($0, text) })),
      ("additionalProperties", .bool(true)),
      ("description", "only with --enrich: who calls whom, as the provider says it of the call"),
    ])
  }

  /// The description of the key.
  var meaning: String {
    switch self {
    case .id: "unique and sortable; the same each time that the event is sent"
    case .type: "what happened"
    case .timestamp: "when the reply behind the event had been received, in UTC"
    case .sequence: "counts from 1, without gaps in a stream"
    case .occurredAfter: "the change happened after this moment and not later than timestamp; null in a baseline"
    case .conference: "the conference"
    case .friendlyName: "the name of the conference"
    case .call: "the participant"
    case .alert: "the condition of --alert that the alert is about, as given"
    case .since: "when the state of the alert was first seen"
    case .changes: "the fields that the event is about, each with what it was and what it is"
    case .initial: "the state belongs to a join"
    case .callToCoach: "who is or was coached; null if the provider does not say"
    case .lasted:
      "milliseconds since the event that began the state, for an alert since its `since`; null in a baseline"
    case .confirmedBy: "how the departure was confirmed"
    case .endedBy: "why the conference ended, and whose call ended it, as the provider says"
    case .participant: "the provider's record; its keys are the provider's"
    case .participantCount: "people in the room after this event"
    case .baseline: "how many were there when watching began"
    case .interval: "milliseconds between polls"
    case .version: "the version of rollcall"
    case .from: "the last complete list before the gap"
    case .to: "the first complete list after it"
    case .reason: "why"
    case .error: "what failed last"
    case .pollsMissed: "polls missed in the gap"
    case .conferences: "conferences that are watched"
    case .participants: "people in their rooms"
    case .polls: "polls since the previous heartbeat"
    case .failures: "failed polls and failed requests for the list of conferences since the previous heartbeat"
    case .pollDelayMedian: "the median delay of polls, in milliseconds"
    case .pollDelay99thPercentile: "the 99th percentile of that delay"
    case .undelivered: "events that wait for an output"
    }
  }
}

extension EventType {
  /// The description of the type: when its events are written.
  var meaning: String {
    switch self {
    case .participantPresent: "was in the room when watching began"
    case .participantJoined: "joined; events for an initial mute, hold or coaching follow"
    case .participantLeft: "left"
    case .participantMuted: "is muted now"
    case .participantUnmuted: "is no longer muted"
    case .participantHeld: "is on hold now"
    case .participantUnheld: "is no longer on hold"
    case .participantCoachingStarted: "coaches now, or coaches another participant than before"
    case .participantCoachingStopped: "no longer coaches that participant"
    case .participantUpdated: "another tracked field has changed"
    case .conferencePresent: "was there when watching by name or account began"
    case .conferenceStarted: "began while its name or account was watched"
    case .conferenceEnded: "the conference has ended; all participants have been reported as left"
    case .alertRaised: "a condition of --alert has been true for its duration"
    case .alertResolved: "the condition is no longer true, or no longer given"
    case .watchStarted: "the first complete list has been read; live from here"
    case .watchInterrupted: "there has been no complete list for too long"
    case .watchResumed: "polling again; what happened meanwhile follows"
    case .watchHeartbeat: "a sign of life, only with --heartbeat"
    case .watchStopped: "the run ended"
    }
  }

  /// Returns the schema of one key in events of this type.
  func schema(of key: EventKey) -> JSONValue {
    switch key {
    case .changes: changesSchema
    case .reason where self == .watchStopped: Self.choice(StopReason.allCases.map(\.rawValue), key)
    case .reason: Self.choice(OutageReason.allCases.map(\.rawValue), key)
    case .id, .type, .timestamp, .sequence:
      // The schema for all events describes this key already.
      .bool(true)
    case .occurredAfter where self == .participantPresent || self == .conferencePresent:
      .members([("type", "null"), ("description", .string(key.meaning))])
    case .occurredAfter, .conference, .friendlyName, .call, .alert, .since, .initial, .callToCoach, .lasted,
      .confirmedBy, .endedBy,
      .participant,
      .participantCount, .baseline, .interval, .version, .from, .to, .error, .pollsMissed, .conferences, .participants,
      .polls, .failures, .pollDelayMedian, .pollDelay99thPercentile, .undelivered:
      key.schema
    }
  }

  private static func choice(_ texts: [String], _ key: EventKey) -> JSONValue {
    .members([("enum", .texts(texts)), ("description", .string(key.meaning))])
  }

  private var changesSchema: JSONValue {
    let (fields, areAll) = changedFields
    var members: [(String, JSONValue)] = [("type", "object"), ("description", .string(EventKey.changes.meaning))]
    members.append(areAll ? ("required", .texts(fields.map(\.0))) : ("minProperties", 1))
    members.append(("properties", .members(fields.map { ($0.0, Self.move($0.1)) })))
    members.append(("additionalProperties", .bool(true)))
    return .members(members)
  }

  /// The fields that `changes` contains, with the schemas of their values, and whether it always contains all of them.
  private var changedFields: ([(String, String)], areAll: Bool) {
    switch self {
    case .participantMuted, .participantUnmuted: ([("muted", "flag")], true)
    case .participantHeld, .participantUnheld: ([("hold", "flag")], true)
    case .participantCoachingStarted, .participantCoachingStopped:
      ([("coaching", "flag"), ("call_sid_to_coach", "text")], true)
    case .participantPresent, .participantJoined, .participantLeft, .participantUpdated, .conferencePresent,
      .conferenceStarted, .conferenceEnded, .alertRaised, .alertResolved, .watchStarted, .watchInterrupted,
      .watchResumed, .watchHeartbeat, .watchStopped:
      (
        [
          ("status", "text"), ("start_conference_on_enter", "flag"), ("end_conference_on_exit", "flag"),
          ("label", "text"),
        ], false
      )
    }
  }

  private static func move(_ name: String) -> JSONValue {
    let value = JSONValue.members([("$ref", .string("#/$defs/\(name)"))])
    return .members([
      ("type", "object"), ("required", ["from", "to"]), ("properties", .members([("from", value), ("to", value)])),
      ("additionalProperties", .bool(true)),
    ])
  }
}

/// Writes a JSON value over several lines, for people to read.
enum JSONDocument {
  /// The maximum width, in columns, of an array or object on one line.
  private static let width = 100

  static func text(of value: JSONValue) -> String {
    var text = ""
    append(value, to: &text, indent: 0, used: 0)
    return text + "\n"
  }

  private static func append(_ value: JSONValue, to text: inout String, indent: Int, used: Int) {
    let plain = compact(value)
    switch value {
    case .null, .bool, .number, .string: text += plain
    case .array(let elements):
      guard indent + used + plain.count > width else {
        text += plain
        return
      }
      enclose("[", "]", elements, in: &text, indent) { element, text in
        append(element, to: &text, indent: indent + 2, used: 0)
      }
    case .object(let members):
      guard indent == 0 || indent + used + plain.count > width else {
        text += plain
        return
      }
      enclose("{", "}", members, in: &text, indent) { member, text in
        let key = compact(.string(member.key)) + ": "
        text += key
        append(member.value, to: &text, indent: indent + 2, used: key.count)
      }
    }
  }

  private static func enclose<Element>(
    _ open: String, _ close: String, _ elements: [Element], in text: inout String, _ indent: Int,
    _ write: (Element, inout String) -> Void
  ) {
    text += open
    for (index, element) in elements.enumerated() {
      text += (index == 0 ? "\n" : ",\n") + String(repeating: " ", count: indent + 2)
      write(element, &text)
    }
    text += "\n" + String(repeating: " ", count: indent) + close
  }

  private static func compact(_ value: JSONValue) -> String {
    switch value {
    case .null: return "null"
    case .bool(let flag): return flag ? "true" : "false"
    case .number(let text): return text
    case .string(let text):
      var bytes: [UInt8] = []
      JSONText.append(text, to: &bytes)
      return String(decoding: bytes, as: UTF8.self)
    case .array(let elements): return "[" + elements.map(compact).joined(separator: ", ") + "]"
    case .object(let members):
      return "{" + members.map { compact(.string($0.key)) + ": " + compact($0.value) }.joined(separator: ", ") + "}"
    }
  }
}
