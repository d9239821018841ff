import RollcallCore

/// Events as rows for people, one at a time: widths are fixed, so that nothing has to be kept.
struct EventTable {
  private static let gap = "  "
  /// Those of a time, of the longest type, of a UUID and of a count; longer cells push their row to the right.
  private static let widths = [24, 28, 36, 6, 36]
  private static let columns = ["TIME", "TYPE", "CALL", "PEOPLE", "CONFERENCE", "DETAIL"]

  static let header = row(columns)

  static func row(_ event: StoredEvent) -> [UInt8] {
    let json = (try? JSONReader.read(Array(event.line.dropLast()))) ?? .null
    return row([
      event.timestamp.rfc3339, event.type.rawValue, json["call_sid"]?.asText ?? "",
      json["participant_count"]?.asInteger.map { "\($0)" } ?? "", event.conference?.text ?? "",
      detail(of: event.type, json),
    ])
  }

  private static func row(_ cells: [String]) -> [UInt8] {
    var line = ""
    for (index, cell) in cells.enumerated() {
      let cell = TerminalText.sanitised(cell)
      let width = index < widths.count ? widths[index] : 0
      line += cell + String(repeating: " ", count: max(0, width - cell.count)) + gap
    }
    while line.last == " " { line.removeLast() }
    return Array((line + "\n").utf8)
  }

  /// What else of an event is worth a word.
  private static func detail(of type: EventType, _ json: JSONValue) -> String {
    switch type {
    case .participantLeft, .participantUnmuted, .participantUnheld: lasted(json)
    case .participantCoachingStarted: json["call_sid_to_coach"]?.asText.map { "coaches \($0)" } ?? ""
    case .participantCoachingStopped:
      [json["call_sid_to_coach"]?.asText.map { "coached \($0)" }, lasted(json)].compactMap(\.self)
        .filter { !$0.isEmpty }.joined(separator: ", ")
    case .participantUpdated: (json["changes"]?.asObject ?? []).map(\.key).joined(separator: ", ")
    case .conferenceStarted, .conferenceEnded: json["friendly_name"]?.asText ?? ""
    case .watchInterrupted, .watchResumed, .watchStopped: json["reason"]?.asText ?? ""
    case .participantPresent, .participantJoined, .participantMuted, .participantHeld, .watchStarted, .watchHeartbeat:
      ""
    }
  }

  private static func lasted(_ json: JSONValue) -> String {
    guard let milliseconds = json["lasted_ms"]?.asInteger else { return "" }
    return "after \(SpokenDuration.text(milliseconds: milliseconds))"
  }
}
