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
      require(event.sequence == UInt64(index + 1), "a gap before \(event.sequence)")
      check(event)
      require((try? rooms.fold(event)) != nil, "an event that cannot be folded")
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

  /// Checks a record of any members, one of which may be a call, with the details of the call added.
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
    require(record.count(where: { $0.key == "call" }) == 1, "more calls than one")
    require(record.last.map { CallDetails($0.value) } == details, "another call")
  }

  private static func check(_ event: StoredEvent) {
    require(event.line.last == UInt8(ascii: "\n"), "a line without its end")
    require(event.line.count <= EventWriter.maximumLine, "a line of \(event.line.count) bytes")
    let body = Array(event.line.dropLast())
    require(Safety.isQuiet(body), "a line that is not safe to print")
    guard let line = PlainJSON.value(of: body) else { fatalError("a line that is no JSON") }
    require(line["id"]?.asText == event.id && line["type"]?.asText == event.type.rawValue, "whose line it is")
    require(line["timestamp"]?.asText == event.timestamp.rfc3339, "the line's moment")
    require(line["sequence"] == .number(text: String(event.sequence)), "the line's place")
    require(line["conference_sid"]?.asText == event.conference?.text, "the line's conference")
    let keys = (line.asObject ?? []).map(\.key)
    require(Set(keys).count == keys.count, "a key stands twice")
    if let record = line["participant"] {
      require(record["call_sid"]?.asText == line["call_sid"]?.asText, "a record of somebody else")
    }
    checkCloudEvent(event, line, sources[Int(event.sequence % UInt64(sources.count))])
    require(MessageFormat.rollcall.body(of: event) == body, "the body is not the line")
  }

  private static func checkCloudEvent(_ event: StoredEvent, _ line: JSONValue, _ source: EventSource) {
    let bytes = MessageFormat.cloudEvents(source).body(of: event)
    require(Safety.isQuiet(bytes), "a body that is not safe to print")
    guard let body = PlainJSON.value(of: bytes) else { fatalError("a body that is no JSON") }
    require(body["specversion"]?.asText == "1.0" && body["id"]?.asText == event.id, "a body of something else")
    require(body["data"] == line, "the data is not the line")
    require(body["sequence"]?.asText?.utf8.count == 20, "a sequence that cannot be compared as text")
    for member in body.asObject ?? [] where member.key != "data" {
      require(member.value.asText?.isEmpty == false, "\(member.key) is empty")
      require(member.key.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }, member.key)
    }
  }
}
