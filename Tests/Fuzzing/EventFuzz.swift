import FuzzOracles

@testable import RollcallCore

/// The lines of events and everything derived from them, for any records and texts.
enum EventFuzz {
  private static let sources = [
    EventSource(account: "https://example.signalwire.com/api/laml/2010-04-01/Accounts/1"), EventSource(account: "a"),
  ]

  static func check(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    checkDrafts(&input)
    var maker = PageMaker(&input)
    let before = maker.bytes
    for _ in 0..<(1 + input.number(below: 6)) { maker.change(&input) }
    checkLists(before, maker.bytes)
    let raw = input.remainder()
    if !raw.isEmpty { checkLists(raw, before) }
  }

  /// Checks the events between two saved lists, as `rollcall diff` prints them.
  private static func checkLists(_ before: [UInt8], _ after: [UInt8]) {
    guard let earlier = try? SavedList(before), let later = try? SavedList(after),
      let events = try? SavedListDifference.events(from: earlier, before, to: later, after)
    else { return }
    var rooms = RecalledRooms()
    for (index, event) in events.enumerated() {
      require(event.sequence == UInt64(index + 1), "expected sequence \(index + 1), got \(event.sequence)")
      check(event)
      require((try? rooms.fold(event)) != nil, "event \(event.sequence) could not be folded")
    }
  }

  /// Checks events with texts that no list would contain.
  private static func checkDrafts(_ input: inout FuzzInput) {
    let text = String(JSONText.string(Array(RowMaker.text(&input).utf8.dropFirst().dropLast())[...], escaped: true))
    let long = String(repeating: "s", count: 1 + input.number(below: SIDSyntax.maximumLength))
    var stream = EventStream(epoch: UInt64(bitPattern: input.integer()), lastSequence: UInt64(input.byte()) << 55)
    let moment = Timestamp(milliseconds: input.integer())
    let count = Int(truncatingIfNeeded: input.integer())
    var drafts = [
      Event(.conferenceStarted, at: moment, conference: ConferenceSID(long)),
      Event(.conferenceEnded, at: moment, conference: ConferenceSID(long)), .stopped(.signal, at: moment),
    ]
    drafts[0].occurredAfter = moment
    drafts[1].endedBy = ConferenceEnding(reason: text, call: text)
    let details: [WatchDetail] = [
      .started(baseline: count, interval: .milliseconds(count), version: "1.0.0"),
      .interrupted(reason: .pollFailed, error: text),
      .resumed(from: moment, to: moment, reason: .clockJump, pollsMissed: count),
      .heartbeat(
        WatchDetail.Heartbeat(
          conferences: count, participants: count, polls: count, failures: count,
          pollDelayMedian: .milliseconds(count), pollDelay99thPercentile: .seconds(count), undelivered: count)),
    ]
    let types: [EventType] = [.watchStarted, .watchInterrupted, .watchResumed, .watchHeartbeat]
    for (type, detail) in zip(types, details) {
      var draft = Event(type, at: moment, conference: ConferenceSID(long))
      draft.watch = detail
      drafts.append(draft)
    }
    checkCall(text, long, moment, &input, &stream)
    for var draft in drafts {
      draft.friendlyName = text
      draft.participantCount = count
      check(stream.freeze(draft))
    }
  }

  /// Checks a record of arbitrary members, one of which may be named `call`, to which the details of the call are added.
  private static func checkCall(
    _ text: String, _ sid: String, _ moment: Timestamp, _ input: inout FuzzInput, _ stream: inout EventStream
  ) {
    let source = "{\"call_sid\":\"\(sid)\",\(RowMaker.text(&input)):[\(RowMaker.text(&input))],\"call\":{}}"
    guard (try? JSONReader.read(Array(source.utf8))) != nil else { return }
    var draft = Event(.participantJoined, at: moment, conference: nil)
    draft.call = CallSID(sid)
    JSONText.appendCompacted(Array(source.utf8)[...], to: &draft.participant)
    guard draft.participant.count <= ParticipantRow.maximumRecord else { return }
    let details = CallDetails(from: text, to: nil, direction: text)
    draft.callDetails = details
    let event = stream.freeze(draft)
    check(event)
    guard let line = try? JSONReader.read(Array(event.line.dropLast())) else { return }
    let record = line["participant"]?.asObject ?? []
    require(record.count(where: { $0.key == "call" }) == 1, "the record does not have exactly one member named call")
    require(
      record.last.map { CallDetails($0.value) } == details, "the record does not end with the details of the call")
  }

  private static func check(_ event: StoredEvent) {
    require(event.line.last == UInt8(ascii: "\n"), "the line does not end with a newline")
    require(
      event.line.count <= EventWriter.maximumLine,
      "expected at most \(EventWriter.maximumLine) bytes, got \(event.line.count)")
    let body = Array(event.line.dropLast())
    require(Safety.isQuiet(body), "the line is not safe to print")
    guard let line = PlainJSON.value(of: body) else { fatalError("the line is not JSON") }
    require(
      line["id"]?.asText == event.id && line["type"]?.asText == event.type.rawValue,
      "the line has another id or type than the event")
    require(line["timestamp"]?.asText == event.timestamp.rfc3339, "the line has another timestamp than the event")
    require(line["sequence"] == .number(text: String(event.sequence)), "the line has another sequence than the event")
    require(line["conference_sid"]?.asText == event.conference?.text, "the line has another conference than the event")
    let keys = (line.asObject ?? []).map(\.key)
    require(Set(keys).count == keys.count, "the line repeats a key")
    if let record = line["participant"] {
      require(record["call_sid"]?.asText == line["call_sid"]?.asText, "the record has another call_sid than the line")
    }
    checkCloudEvent(event, line, sources[Int(event.sequence % UInt64(sources.count))])
    require(MessageFormat.rollcall.body(of: event) == body, "the body differs from the line")
  }

  private static func checkCloudEvent(_ event: StoredEvent, _ line: JSONValue, _ source: EventSource) {
    let bytes = MessageFormat.cloudEvents(source).body(of: event)
    require(Safety.isQuiet(bytes), "the CloudEvent is not safe to print")
    guard let body = PlainJSON.value(of: bytes) else { fatalError("the CloudEvent is not JSON") }
    require(
      body["specversion"]?.asText == "1.0" && body["id"]?.asText == event.id,
      "the CloudEvent has another specversion or id")
    require(body["data"] == line, "the data of the CloudEvent differs from the line")
    require(body["sequence"]?.asText?.utf8.count == 20, "the sequence of the CloudEvent does not have 20 digits")
    for member in body.asObject ?? [] where member.key != "data" {
      require(member.value.asText?.isEmpty == false, "\(member.key) is empty or not a text")
      require(
        member.key.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) },
        "invalid attribute name \(member.key)")
    }
  }
}
