import RollcallCore
import RollcallTestKit
import Testing

/// Whatever the provider's texts contain, an event is one safe line that passes through a pipe in one piece.
@Suite struct `A line` {
  /// What a hostile row may contain between quotes, as it is sent.
  static let pieces = [
    #"\u0000"#, #"\u001f"#, #"\ud800"#, #"\uDFFF"#, #"\ud83d\ude00"#, #"\""#, #"\\"#, #"\n"#, "\u{7f}", "\u{85}",
    "\u{2028}", "\u{2029}", "\u{1d11e}", "é", "<", "a", #"\u2028"#, "\u{feff}", "\u{202e}",
  ]

  /// A watched conference whose rows are given as text.
  private struct Watched {
    var tracker: ConferenceTracker
    var stream = EventStream(epoch: .max, lastSequence: .max - 10_000)
    var now = Timestamp(milliseconds: 200_000_000_000_000)
    var callDetails: CallDetails?
    private(set) var events: [StoredEvent] = []
    private let conference: ConferenceSID

    init?(friendlyName: String) {
      guard let conference = ConferenceSID(String(repeating: "c", count: 128)) else { return nil }
      self.conference = conference
      tracker = ConferenceTracker(
        conference: conference, friendlyName: friendlyName, origin: .foundLater(after: now), interval: .seconds(2),
        version: "0.1.0")
    }

    mutating func poll(_ rows: [String], conference answer: ConferenceReply = .running) throws {
      now = now + .seconds(9000)
      var reader = PageReader()
      let bytes = PaddedBytes(Array(#"{"participants":[\#(rows.joined(separator: ","))]}"#.utf8))
      var actions = tracker.begin(at: now)
      for _ in 0..<50 where !actions.isEmpty {
        switch actions.removeFirst() {
        case .fetchPage:
          let page = try reader.read(bytes, conference: conference)
          actions += tracker.received(PageReply(.page(page, nil), next: nil), at: now)
        case .fetchConference: actions += tracker.conferenceAnswered(answer, at: now)
        case .fetchParticipant(let call): actions += tracker.participantAnswered(call, .notFound, at: now)
        case .commit(let drafts):
          for var draft in drafts {
            if draft.call != nil { draft.callDetails = callDetails }
            events.append(stream.freeze(draft))
          }
        case .setDeadline, .warnOfStatuses, .finish: break
        }
      }
    }
  }

  /// Returns a row in which every field has its maximum length and every text is hostile.
  private static func row(_ texts: () -> String, flag: Bool, status: String? = nil) -> String {
    let call = String(repeating: "C", count: 128)
    let texts = ["account_sid", "call_sid_to_coach", "uri", "label", "date_created", "date_updated", "x"]
      .map { #""\#($0)":"\#(texts())""# }
    let flags = ["muted", "hold", "coaching", "start_conference_on_enter", "end_conference_on_exit"]
      .map { #""\#($0)":\#(flag)"# }
    let status = status.map { #""status":"\#($0)""# } ?? #""status":"\#(texts.count)\#(flag)""#
    return "{" + ([#""call_sid":"\#(call)""#, status] + texts + flags).joined(separator: " , ") + "}"
  }

  private static func check(_ events: [StoredEvent], least: Int) throws {
    #expect(events.count >= least)
    for event in events {
      #expect(event.line.count <= EventWriter.maximumLine, "\(event.type)")
      #expect(event.line.last == 0x0a)
      let text = String(decoding: event.line.dropLast(), as: UTF8.self)
      #expect(!text.unicodeScalars.contains(where: `JSON as it is written`.isForbidden))
      #expect(Array(text.utf8) == Array(event.line.dropLast()), "expected the line to be valid UTF-8")
      let json = try JSONReader.read(Array(event.line.dropLast()))
      #expect(json["id"]?.asText == event.id && json["type"]?.asText == event.type.rawValue)
      guard event.type.rawValue.hasPrefix("participant.") else { continue }
      let record = try #require(json["participant"]?.asObject)
      #expect(Set(record.map(\.key)).count == record.count)
    }
  }

  @Test func `cuts the name of a conference to 512 bytes as written, between characters`() throws {
    for (name, count) in [("n", 512), ("é", 256), ("\u{1d11e}", 128), ("\u{1}", 85), ("\"", 256)] {
      var watched = try #require(Watched(friendlyName: String(repeating: name, count: 600)))
      try watched.poll([])
      let line = try JSONReader.read(Array(try #require(watched.events.first).line.dropLast()))
      #expect(line["friendly_name"]?.asText == String(repeating: name, count: count))
    }
  }

  /// Each text repeats one piece, so that every way to write a character meets every cut.
  @Test(arguments: pieces, [false, true])
  func `fits in 4096 bytes, however its texts are written`(piece: String, isEnriched: Bool) throws {
    let text = String(repeating: piece, count: 400)
    let other = String(repeating: piece + "b", count: 300)
    var watched = try #require(Watched(friendlyName: String(repeating: "\u{1}", count: 500)))
    if isEnriched {
      let read = try JSONReader.read(Array(#"{"from":"\#(text)","to":"\#(other)","direction":"\#(text)"}"#.utf8))
      watched.callDetails = CallDetails(read)
    }
    try watched.poll([Self.row({ text }, flag: false, status: text)])
    try watched.poll([Self.row({ other }, flag: true, status: other)])
    // A label, a status and both flags in one event.
    try watched.poll([Self.row({ text }, flag: false, status: text)])
    try watched.poll([Self.row({ other }, flag: true, status: "completed")])
    try watched.poll([], conference: .completed(nil))
    #expect(watched.events.contains { $0.type == .participantUpdated && $0.line.count > 2600 })
    try Self.check(watched.events, least: 14)
  }

  @Test(arguments: Seeds.first(100))
  func `is a single, safe and valid line, whatever the texts`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var watched = try #require(Watched(friendlyName: "a\u{2028}\"\\\u{85}"))
    for step in 0..<6 {
      let text = {
        (0..<Int.random(in: 0..<200, using: &random)).map { _ in Self.pieces.randomElement(using: &random) ?? "" }
          .joined()
      }
      try watched.poll([Self.row(text, flag: step % 2 == 0, status: text())])
    }
    try watched.poll([], conference: .notFound)
    try Self.check(watched.events, least: 10)
  }

  @Test func `has equal bytes for equal input`() throws {
    var first = try #require(Watched(friendlyName: "x"))
    let text = { "\u{85}\\ud800" }
    try first.poll([Self.row(text, flag: true)])
    var second = try #require(Watched(friendlyName: "x"))
    try second.poll([Self.row(text, flag: true)])
    #expect(first.events == second.events && !first.events.isEmpty)
  }
}
