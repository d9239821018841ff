import RollcallCore
import RollcallTestKit
import Testing

@Suite struct `A filter of events` {
  private static func people(of events: [StoredEvent]) -> [String] {
    Set(events.compactMap { $0.call?.text }).sorted()
  }

  @Test(arguments: Seeds.first(12))
  func `accepts the same events as an independent reader of their lines`(seed: UInt64) {
    let events = LivedConference.events(seed: seed)
    var random = SplitMix64(seed: seed)
    for _ in 0..<60 {
      let plain = PlainSelection(of: Self.people(of: events), &random)
      let selection = plain.selection
      for event in events where selection.accepts(event) != plain.accepts(event) {
        Issue.record(
          "the filter \(plain) judges this event differently: \(String(decoding: event.line, as: UTF8.self))")
        return
      }
    }
  }

  @Test func `names sids unless all of its calls are tokens`() throws {
    let token = try #require(CallSID("redacted_" + String(repeating: "0", count: 24)))
    let call = try #require(CallSID("a"))
    #expect(!EventFilter().namesSIDs)
    #expect(!EventFilter(calls: [token]).namesSIDs)
    #expect(EventFilter(calls: [token, call]).namesSIDs)
  }

  @Test func `of all fields accepts every change, but no join, departure or baseline`() {
    let events = (1...6).flatMap { LivedConference.events(seed: $0) }
    let selection = EventFilter(fields: Set(TrackedField.allCases))
    #expect(selection.isByTypeAlone)
    let left = Set(events.filter { !selection.accepts($0) }.map(\.type))
    #expect(left == [.participantPresent, .participantJoined, .participantLeft])
  }

  @Test func `of a call accepts its coaches too, and events about no participant`() throws {
    let events = (1...12).flatMap { LivedConference.events(seed: $0) }
    let all = Self.people(of: events)
    let coached = try #require(
      events.lazy.compactMap { PlainHistoryOfCoaching.coached(in: $0) }.first { all.contains($0) })
    let chosen = events.filter(EventFilter(calls: [try #require(CallSID(coached))]).accepts)
    let others = chosen.filter { $0.call.map { $0.text != coached } ?? false }
    #expect(!others.isEmpty && others.allSatisfy { PlainHistoryOfCoaching.coached(in: $0) == coached })
    #expect(chosen.count { $0.call == nil } == events.count { $0.call == nil })
  }

  @Test(arguments: [
    EventFilter.all, EventFilter(types: [.participantUpdated, .watchStopped]),
    EventFilter(fields: [.hold, .coaching, .muted]),
    EventFilter(
      types: Set(EventType.allCases.filter { !$0.isAlert }),
      fields: [.status, .label, .startConferenceOnEnter, .endConferenceOnExit]),
  ])
  func `parses no line if the type decides`(selection: EventFilter) {
    #expect(selection.isByTypeAlone)
    for type in EventType.allCases {
      let event = StoredEvent(
        sequence: 1, id: "evt_1", type: type, timestamp: Timestamp(milliseconds: 0), conference: nil,
        call: CallSID("a"), line: [])
      #expect(selection.accepts(event) == selection.types.contains(type))
    }
  }

  @Test(arguments: [("hold:2m", true), ("muted:2m", false), ("alone:2m", false), ("hold", false)])
  func `treats an alert about a participant as a change of its field`(name: String, isWanted: Bool) throws {
    for type in [EventType.alertRaised, .alertResolved] {
      var poll = ChatPoll()
      poll.add(type, "a") { $0.alert = name }
      poll.add(type) { $0.alert = name }
      #expect(poll.events.map(EventFilter(fields: [.hold]).accepts) == [isWanted, true])
      #expect(poll.events.map(EventFilter(fields: [.hold, .muted, .coaching]).accepts) == [true, true])
      let calls = [CallSID("a"), CallSID("b")].compactMap(\.self).map { EventFilter(calls: [$0]) }
      #expect(calls.map { poll.events.map($0.accepts) } == [[true, true], [false, true]])
    }
  }

  @Test func `equals any other filter with the same meaning`() {
    #expect(
      EventFilter(types: [.participantHeld, .participantUnheld, .participantLeft], fields: [.hold])
        == EventFilter(types: [.participantHeld, .participantUnheld]))
    #expect(EventFilter(fields: [.status]) != EventFilter(fields: [.label]))
    #expect(EventFilter(fields: []).types.allSatisfy { !$0.isAboutPerson })
  }
}

private enum PlainHistoryOfCoaching {
  /// The coached call according to an event.
  static func coached(in event: StoredEvent) -> String? {
    (try? JSONReader.read(event.line))?["call_sid_to_coach"]?.asText
  }
}
