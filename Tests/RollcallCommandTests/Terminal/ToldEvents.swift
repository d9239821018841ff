import RollcallCore

@testable import rollcall

/// Events of a stream, written by hand.
enum ToldEvents {
  static let start = Timestamp(milliseconds: 1_795_426_980_000)  // 2026-11-23T09:43:00Z

  /// - Parameters:
  ///   - seconds: the time after ``start``.
  ///   - rest: further members, such as `"lasted_ms":1500`.
  ///   - record: the members of the participant's record.
  static func event(
    _ type: EventType, _ seconds: Double, _ call: String? = nil, in conference: String? = "CF", _ rest: String = "",
    record: String = ""
  ) -> StoredEvent {
    let timestamp = start + .milliseconds(Int64(seconds * 1000))
    var members = [#""type":"\#(type.rawValue)""#, #""timestamp":"\#(timestamp.rfc3339)""#]
    if let conference { members.append(#""conference_sid":"\#(conference)""#) }
    if let call { members.append(#""call_sid":"\#(call)""#) }
    if !rest.isEmpty { members.append(rest) }
    members.append(#""participant":{\#(record)}"#)
    return StoredEvent(
      sequence: 1, id: "evt_1", type: type, timestamp: timestamp, conference: conference.flatMap(ConferenceSID.init),
      call: call.flatMap(CallSID.init), line: Array("{\(members.joined(separator: ","))}\n".utf8))
  }

  static func board(_ events: [StoredEvent], names: ShownNames = .none) -> Board {
    var board = Board(names: names, zone: .utc)
    for event in events { board.take(event) }
    return board
  }

  /// A label that would clear the screen, hide the cursor and reverse the line. It has wide characters, and hundreds of
  /// marks on one character.
  static let hostileLabel = "\u{1B}[2J\u{1B}[?25l\u{202E}\u{9B}31m名前👩‍👧" + String(repeating: "\u{301}", count: 500)

  /// Returns a text as a JSON string.
  static func quoted(_ text: String) -> String {
    var line: [UInt8] = []
    JSONText.append(text, to: &line)
    return String(decoding: line, as: UTF8.self)
  }
}

extension Board {
  /// Returns the lines without styles, as they appear in a window.
  func text(_ columns: Int, _ rows: Int, at seconds: Double, note: String? = nil) -> [String] {
    lines(
      in: WindowSize(columns: columns, rows: rows), at: ToldEvents.start + .milliseconds(Int64(seconds * 1000)),
      note: note.map { StyledText($0) }
    ).map(\.text)
  }
}
