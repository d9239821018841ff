import RollcallCore

/// An event in words for people.
struct EventWords: Hashable, Sendable {
  let timestamp: Timestamp
  let conference: ConferenceSID?
  let friendlyName: String?
  /// Whom it is about; nil where it is about nobody.
  let who: String?
  let what: String
  let style: TextStyle
  /// How many are in the room after it; nil where it says nothing of that.
  let count: Int64?

  /// A line that cannot be read is told by its type.
  init(_ event: StoredEvent, _ names: inout NameBook) {
    let line = (try? JSONReader.read(Array(event.line.dropLast()))) ?? .null
    timestamp = event.timestamp
    conference = event.conference
    friendlyName = line["friendly_name"]?.asText
    count = line["participant_count"]?.asInteger
    let label = line["participant"]?["label"]?.asText
    who = line["call_sid"]?.asText.map { names.name(of: $0, label: label) }
    style = Self.style(of: event.type)
    let coached = line["call_sid_to_coach"]?.asText.map { " " + names.name(of: $0) } ?? ""
    what = Self.person(event.type, line, coached) ?? Self.watch(event.type, line) ?? event.type.rawValue
  }

  private static func style(of type: EventType) -> TextStyle {
    switch type {
    case .participantJoined: .green
    case .participantLeft, .watchInterrupted: .red
    case .participantMuted: .yellow
    case .participantHeld: .magenta
    case .participantCoachingStarted: .cyan
    case .conferenceStarted, .conferenceEnded: .bold
    case .participantPresent, .watchStarted, .watchResumed, .watchHeartbeat, .watchStopped: .faint
    case .participantUnmuted, .participantUnheld, .participantCoachingStopped, .participantUpdated: .plain
    }
  }

  private static func person(_ type: EventType, _ line: JSONValue, _ coached: String) -> String? {
    let initial = line["initial"]?.asBool == true ? " on entering" : ""
    switch type {
    case .participantPresent: return "is there" + state(in: line["participant"] ?? .null)
    case .participantJoined: return "joined"
    case .participantLeft: return "left" + after(line)
    case .participantMuted: return "muted" + initial
    case .participantUnmuted: return "unmuted" + after(line)
    case .participantHeld: return "on hold" + initial
    case .participantUnheld: return "off hold" + after(line)
    case .participantCoachingStarted: return "coaches\(coached)" + initial
    case .participantCoachingStopped: return "coached\(coached)" + after(line)
    case .participantUpdated: return changes(line)
    case .conferenceStarted: return "the conference is on"
    case .conferenceEnded: return "the conference is over"
    case .watchStarted, .watchInterrupted, .watchResumed, .watchHeartbeat, .watchStopped: return nil
    }
  }

  private static func watch(_ type: EventType, _ line: JSONValue) -> String? {
    let reason = line["reason"]?.asText.map { spaced($0) } ?? "no reason known"
    switch type {
    case .watchStarted:
      let interval = line["interval_ms"]?.asInteger.map { ", a poll every \(DurationText.format(.milliseconds($0)))" }
      return "watching" + (interval ?? "")
    case .watchInterrupted: return "interrupted, \(reason)" + (line["error"]?.asText.map { ": \($0)" } ?? "")
    case .watchResumed: return "looking again, \(reason)" + gap(line)
    case .watchHeartbeat:
      let counts = [("conferences", "conferences"), ("participants", "people"), ("undelivered", "undelivered")]
      return counts.compactMap { key, word in line[key]?.asInteger.map { "\(word): \($0)" } }.joined(separator: ", ")
    case .watchStopped: return "watching ended, \(reason)"
    case .participantPresent, .participantJoined, .participantLeft, .participantMuted, .participantUnmuted,
      .participantHeld, .participantUnheld, .participantCoachingStarted, .participantCoachingStopped,
      .participantUpdated, .conferenceStarted, .conferenceEnded:
      return nil
    }
  }

  private static func state(in record: JSONValue) -> String {
    [("muted", ", muted"), ("hold", ", on hold"), ("coaching", ", coaching")]
      .filter { record[$0.0]?.asBool == true }.map(\.1).joined()
  }

  private static func after(_ line: JSONValue) -> String {
    line["lasted_ms"]?.asInteger.map { " after \(SpokenDuration.text(milliseconds: $0))" } ?? ""
  }

  private static func gap(_ line: JSONValue) -> String {
    guard let from = line["from"]?.asText.flatMap(Timestamp.init(rfc3339:)),
      let to = line["to"]?.asText.flatMap(Timestamp.init(rfc3339:))
    else { return "" }
    return " for \(SpokenDuration.text(milliseconds: (to - from).wholeMilliseconds))"
  }

  private static func changes(_ line: JSONValue) -> String {
    (line["changes"]?.asObject ?? []).map { "\(spaced($0.key)): \(value($0.value["to"]))" }.joined(separator: ", ")
  }

  private static func value(_ value: JSONValue?) -> String {
    switch value {
    case .string(let text): text
    case .bool(let flag): flag ? "on" : "off"
    case .number(let text): text
    case .null, .array, .object, nil: "none"
    }
  }

  /// The stream's own words, such as `poll_failed`, for people.
  private static func spaced(_ text: String) -> String { text.split(separator: "_").joined(separator: " ") }
}
