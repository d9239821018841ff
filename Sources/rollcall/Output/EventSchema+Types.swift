import RollcallCore

extension EventType {
  /// When events of the type are written.
  var meaning: String {
    switch self {
    case .participantPresent: "was in the room when watching began"
    case .participantJoined: "came in; what the first record says beyond unmuted, off hold and not coaching follows"
    case .participantLeft: "is gone"
    case .participantMuted: "is muted now"
    case .participantUnmuted: "is muted no longer"
    case .participantHeld: "is on hold now"
    case .participantUnheld: "is on hold no longer"
    case .participantCoachingStarted: "coaches now, or coaches somebody else than before"
    case .participantCoachingStopped: "coaches no longer, or somebody else from now on"
    case .participantUpdated: "another tracked field is different"
    case .conferencePresent: "was in progress when watching by name or account began"
    case .conferenceStarted: "began while its name or account was watched"
    case .conferenceEnded: "the conference is over; everybody has been told to have left"
    case .watchStarted: "the first complete list has been read; live from here"
    case .watchInterrupted: "there has been no complete list for a while"
    case .watchResumed: "looking again; what happened meanwhile follows"
    case .watchHeartbeat: "a sign of life, only with --heartbeat"
    case .watchStopped: "the run ended"
    }
  }

  /// The schema of one key in events of this type.
  func schema(of key: EventKey) -> JSONValue {
    switch key {
    case .changes: changesSchema
    case .reason where self == .watchStopped: Self.choice(StopReason.allCases.map(\.rawValue), key)
    case .reason: Self.choice(OutageReason.allCases.map(\.rawValue), key)
    case .id, .type, .timestamp, .sequence:
      // What holds for all events is said once.
      .bool(true)
    case .occurredAfter where self == .participantPresent || self == .conferencePresent:
      .members([("type", "null"), ("description", .string(key.meaning))])
    case .occurredAfter, .conference, .friendlyName, .call, .initial, .callToCoach, .lasted, .confirmedBy, .endedBy,
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

  /// The fields that `changes` holds, with the schema of their values, and whether it always holds all of them.
  private var changedFields: ([(String, String)], areAll: Bool) {
    switch self {
    case .participantMuted, .participantUnmuted: ([("muted", "flag")], true)
    case .participantHeld, .participantUnheld: ([("hold", "flag")], true)
    case .participantCoachingStarted, .participantCoachingStopped:
      ([("coaching", "flag"), ("call_sid_to_coach", "text")], true)
    case .participantPresent, .participantJoined, .participantLeft, .participantUpdated, .conferencePresent,
      .conferenceStarted, .conferenceEnded, .watchStarted, .watchInterrupted, .watchResumed, .watchHeartbeat,
      .watchStopped:
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
