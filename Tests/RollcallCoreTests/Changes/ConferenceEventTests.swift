import RollcallTestKit
import Testing

@testable import RollcallCore

/// The values that programs get agree with the lines.
@Suite struct `An event read from its line` {
  private static func read(_ line: String) throws -> ConferenceEvent { try ConferenceEvent(line: Array(line.utf8)) }

  private static func line(_ type: String, _ rest: String) -> String {
    #"{"id":"evt_2a9a9e621451b98f_000000000007","type":"\#(type)","timestamp":"2026-11-23T09:43:00.123Z","sequence":7,"#
      + rest + "}\n"
  }

  private static func person(_ type: String, _ rest: String = "", record: String = "") throws -> ConferenceEvent {
    try read(
      line(
        type,
        #""occurred_after":"2026-11-23T09:42:58.000Z","conference_sid":"CF-1","call_sid":"a",\#(rest)"participant":{"#
          + #""call_sid":"a","muted":true\#(record)},"participant_count":3"#))
  }

  @Test func `has the stored values, for every type`() throws {
    var seen: Set<String> = []
    for stored in try `The keys of events`.life() {
      let event = try ConferenceEvent(line: stored.line)
      #expect(event.line == stored.line)
      #expect(event.id == stored.id && event.sequence == stored.sequence && event.timestamp == stored.timestamp)
      #expect(event.conferenceSID == stored.conference && event.callSID == stored.call)
      #expect(event.type == stored.type.rawValue)
      #expect(event.kind != .unknown(type: event.type), "\(event.type)")
      #expect((event.participant != nil) == (stored.call != nil))
      #expect(event.participant?.callSID == stored.call)
      #expect((event.participantCount == nil) == event.type.hasPrefix("watch."))
      seen.insert(event.type)
    }
    #expect(seen == Set(EventType.allCases.map(\.rawValue)))
  }

  @Test func `gives the participant as a value`() throws {
    let event = try Self.person(
      "participant.joined",
      record: """
        ,"hold":false,"coaching":true,"call_sid_to_coach":"b","status":"connected","label":"Ada",\
        "start_conference_on_enter":true,"end_conference_on_exit":true,\
        "date_created":"Mon, 23 Nov 2026 09:42:59 +0000","date_updated":"never",\
        "call":{"from":"+12025550101","to":"client:ada","direction":"inbound"}
        """)
    #expect(event.occurredAfter == Timestamp(rfc3339: "2026-11-23T09:42:58Z"))
    #expect(event.participantCount == 3)
    guard case .participantJoined(let ada) = event.kind else {
      Issue.record("\(event.kind)")
      return
    }
    #expect(ada.callSID == CallSID("a") && ada.isMuted && !ada.isOnHold && ada.isCoaching && ada.coachedCall == "b")
    #expect(ada.status == "connected" && ada.label == "Ada")
    #expect(ada.startsConferenceOnEnter && ada.endsConferenceOnExit)
    #expect(ada.created == Timestamp(rfc3339: "2026-11-23T09:42:59Z") && ada.updated == nil)
    let dated = try Self.person("participant.present", record: #","date_updated":"Mon, 23 Nov 2026 09:43:00 +0000""#)
    #expect(dated.participant?.updated == Timestamp(rfc3339: "2026-11-23T09:43:00Z"))
    #expect(try JSONReader.read(ada.record)["label"]?.asText == "Ada")
    #expect(event.callDetails == CallDetails(from: "+12025550101", to: "client:ada", direction: "inbound"))
  }

  @Test(arguments: [
    ("participant.joined", ["participant"]), ("participant.left", ["participant", "confirmed_by"]),
    ("participant.muted", ["participant"]), ("participant.coaching_started", ["participant"]),
    ("participant.updated", ["participant", "changes"]), ("alert.raised", ["alert", "since"]),
    ("watch.started", ["baseline", "interval_ms", "version"]), ("watch.interrupted", ["reason"]),
    ("watch.resumed", ["reason", "from", "to", "polls_missed"]),
    (
      "watch.heartbeat",
      [
        "conferences", "participants", "polls", "failures", "poll_delay_p50_ms", "poll_delay_p99_ms", "undelivered",
      ]
    ), ("watch.stopped", ["reason"]),
  ])
  func `is of an unknown kind if a value is missing or has another form`(type: String, keys: [String]) throws {
    let stored = try #require(try `The keys of events`.life().first { $0.type.rawValue == type })
    let text = String(decoding: stored.line, as: UTF8.self)
    for key in keys {
      #expect(text.utf8.count { $0 == UInt8(ascii: "{") } > 0 && text.contains("\"\(key)\":"))
      let event = try Self.read(text.replacing("\"\(key)\":", with: "\"other_\(key)\":", maxReplacements: 1))
      #expect(event.kind == .unknown(type: type), "\(key)")
      #expect(event.id == stored.id && event.sequence == stored.sequence)
    }
  }

  @Test func `gives an interruption without an error text if the line has none`() throws {
    let event = try Self.read(Self.line("watch.interrupted", #""conference_sid":"CF-1","reason":"throttled""#))
    guard case .watchInterrupted(let interruption) = event.kind else {
      Issue.record("\(event.kind)")
      return
    }
    #expect(interruption.reason == .throttled && interruption.error.isEmpty)
  }

  @Test func `gives the data of a change`() throws {
    if case .participantLeft(let departure) = try Self.person(
      "participant.left", #""lasted_ms":61500,"confirmed_by":"list_only","#
    ).kind {
      #expect(departure.lasted == .milliseconds(61_500) && departure.evidence == .listOnly)
      #expect(departure.participant.isMuted)
    } else {
      Issue.record("expected participantLeft")
    }
    if case .participantMuted(let change) = try Self.person(
      "participant.muted", #""changes":{"muted":{"from":false,"to":true}},"initial":true,"#
    ).kind {
      #expect(change.isInitial && change.lasted == nil)
    } else {
      Issue.record("expected participantMuted")
    }
    if case .participantCoachingStopped(let coaching) = try Self.person(
      "participant.coaching_stopped", #""changes":{},"call_sid_to_coach":"b","lasted_ms":null,"#
    ).kind {
      #expect(coaching.coachedCall == "b" && coaching.lasted == nil && !coaching.isInitial)
    } else {
      Issue.record("expected participantCoachingStopped")
    }
    if case .participantUpdated(let update) = try Self.person(
      "participant.updated",
      #""changes":{"status":{"from":null,"to":"connected"},"end_conference_on_exit":{"from":true,"to":false}},"#
    ).kind {
      #expect(update.changes.map(\.field) == ["status", "end_conference_on_exit"])
      #expect(update.changes.map(\.from) == [.text(nil), .flag(true)])
      #expect(update.changes.map(\.to) == [.text("connected"), .flag(false)])
    } else {
      Issue.record("expected participantUpdated")
    }
  }

  @Test func `gives the data of the watch's own events`() throws {
    let from = try #require(Timestamp(rfc3339: "2026-11-23T09:40:00Z"))
    let resumed = try Self.read(
      Self.line(
        "watch.resumed",
        #""conference_sid":"CF-1","from":"2026-11-23T09:40:00.000Z","to":"2026-11-23T09:43:00.000Z","#
          + #""reason":"throttled","polls_missed":4"#))
    #expect(
      resumed.kind
        == .watchResumed(.init(from: from, to: from + .seconds(180), reason: .throttled, pollsMissed: 4)))
    let started = try Self.read(
      Self.line("watch.started", #""conference_sid":"CF-1","baseline":2,"interval_ms":500,"version":"0.2.0""#))
    #expect(started.kind == .watchStarted(.init(baseline: 2, interval: .milliseconds(500), version: "0.2.0")))
    let stopped = try Self.read(Self.line("watch.stopped", #""reason":"signal""#))
    #expect(stopped.kind == .watchStopped(.signal) && stopped.conferenceSID == nil)
  }

  @Test func `gives the data of an alert`() throws {
    let since = #""alert":"hold:2m","since":"2026-11-23T09:40:00.000Z","#
    let raised = try Self.person("alert.raised", since)
    guard case .alertRaised(let alert) = raised.kind else {
      Issue.record("\(raised.kind)")
      return
    }
    #expect(alert.condition == "hold:2m" && alert.since == Timestamp(rfc3339: "2026-11-23T09:40:00Z"))
    #expect(alert.participant?.callSID == CallSID("a") && alert.lasted == nil)
    let resolved = try Self.read(
      Self.line("alert.resolved", #""conference_sid":"CF-1",\#(since)"lasted_ms":183123,"participant_count":0"#))
    guard case .alertResolved(let alert) = resolved.kind else {
      Issue.record("\(resolved.kind)")
      return
    }
    #expect(alert.participant == nil && alert.lasted == .milliseconds(183_123) && resolved.callSID == nil)
  }

  @Test func `with an unknown type or value keeps everything else`() throws {
    let later = Self.line("alert.of_a_later_version", #""conference_sid":"CF-1","severity":3"#)
    let event = try Self.read(later)
    #expect(event.kind == .unknown(type: "alert.of_a_later_version"))
    #expect(event.sequence == 7 && event.conferenceSID == ConferenceSID("CF-1"))
    #expect(event.line == Array(later.utf8))
    let stopped = try Self.read(Self.line("watch.stopped", #""reason":"bored""#))
    #expect(stopped.kind == .unknown(type: "watch.stopped"))
  }

  @Test func `is the same from the body of a webhook, a CloudEvent and a line with white space`() throws {
    let stored = try #require(try `The keys of events`.life().first { $0.type == .participantMuted })
    let event = try ConferenceEvent(line: stored.line)
    #expect(try ConferenceEvent(line: Array(stored.line.dropLast())) == event)
    let source = EventSource(account: "https://example.signalwire.com/a")
    let body = MessageFormat.cloudEvents(source).body(of: stored)
    #expect(try ConferenceEvent(line: body) == event)
    let spaced = Array(String(decoding: stored.line, as: UTF8.self).replacing(",\"", with: " ,\n\t\"").utf8)
    #expect(try ConferenceEvent(line: spaced) == event)
  }

  @Test(arguments: [
    "", "{", "[]", "{}", #"{"id":"evt_1","type":"watch.stopped"}"#, #"{"specversion":"1.0","type":"x"}"#,
  ])
  func `is rejected if it is not an event`(line: String) {
    #expect(throws: ConferenceEvent.Unreadable.self) { try Self.read(line) }
  }
}
