import Testing

@testable import RollcallCore

@Suite struct `An event in words` {
  private static func line(_ type: EventType, _ finish: (inout Event) -> Void) -> EventLine {
    var poll = ChatPoll()
    poll.add(type, "call-1234") {
      $0.lastedMilliseconds = 67_000
      $0.callSIDToCoach = "call-5678"
      $0.changes = [FieldChange("end_conference_on_exit", false, true)]
      finish(&$0)
    }
    return EventLine(poll.events[0])
  }

  private static let gap = WatchDetail.resumed(
    from: ChatPoll.now, to: ChatPoll.now + .seconds(3725), reason: .clockJump, pollsMissed: 9)
  private static let counts = WatchDetail.heartbeat(
    .init(
      conferences: 1, participants: 2, polls: 5, failures: 0, pollDelayMedian: .zero, pollDelay99thPercentile: .zero,
      undelivered: 3))

  @Test(
    arguments: [
      (.participantPresent, nil, "is there", "Ann is there"), (.participantJoined, nil, "joined", "Ann joined"),
      (.participantLeft, nil, "left after 1 min 7 s", "Ann left after 1 min 7 s"),
      (.participantMuted, nil, "muted", "Ann was muted"),
      (.participantUnmuted, nil, "unmuted after 1 min 7 s", "Ann was unmuted after 1 min 7 s"),
      (.participantHeld, nil, "put on hold", "Ann was put on hold"),
      (.participantUnheld, nil, "taken off hold after 1 min 7 s", "Ann was taken off hold after 1 min 7 s"),
      (.participantCoachingStarted, nil, "started coaching Bea", "Ann started coaching Bea"),
      (
        .participantCoachingStopped, nil, "stopped coaching Bea after 1 min 7 s",
        "Ann stopped coaching Bea after 1 min 7 s"
      ),
      (.participantUpdated, nil, "end conference on exit no → yes", "Ann: end conference on exit no → yes"),
      (.conferencePresent, nil, "the conference is there", "The conference is there"),
      (.conferenceStarted, nil, "the conference started", "The conference started"),
      (.conferenceEnded, nil, "the conference ended", "The conference ended"),
      (
        .watchStarted, .started(baseline: 2, interval: .seconds(2), version: "1"), "watching began, polling every 2s",
        "Watching began, polling every 2s"
      ),
      (
        .watchInterrupted, .interrupted(reason: .pollFailed, error: "HTTP 503"),
        "watching interrupted (poll failed): HTTP 503", "Watching is interrupted (poll failed): HTTP 503"
      ),
      (
        .watchResumed, gap, "watching resumed (clock jump); not watched for 1 h 2 min",
        "Watching resumed (clock jump); not watched for 1 h 2 min"
      ),
      (
        .watchStopped, .stopped(reason: .readerGone), "watching stopped (reader gone)", "Watching stopped (reader gone)"
      ),
    ] as [(EventType, WatchDetail?, String, String)])
  func `is the same in a row and in a message, except for the verbs`(
    type: EventType, watch: WatchDetail?, row: String, message: String
  ) {
    let words = EventWords(Self.line(type) { $0.watch = watch }, coached: "Bea")
    #expect(words.headline == row && words.sentence(about: "Ann") == message)
  }

  @Test(
    arguments: [
      ("hold:2m", "on hold", "Ann has been on hold", "Ann was on hold"),
      ("muted:2m", "muted", "Ann has been muted", "Ann was muted"),
      ("coaching:2m", "coaching", "Ann has been coaching", "Ann was coaching"),
      ("later:2m", "as in later:2m", "Ann has been as in later:2m", "Ann was as in later:2m"),
    ] as [(String, String, String, String)])
  func `of an alert says how long the state has lasted`(
    alert: String, row: String, raised: String, resolved: String
  ) {
    let began = ChatPoll.now - .milliseconds(121_000)
    let first = EventWords(Self.line(.alertRaised) { ($0.alert, $0.since) = (alert, began) }, coached: nil)
    #expect(first.headline == "alert: \(row) for 2 min 1 s")
    #expect(first.sentence(about: "Ann") == "Alert: \(raised) for 2 min 1 s")
    let last = EventWords(Self.line(.alertResolved) { ($0.alert, $0.since) = (alert, began) }, coached: nil)
    #expect(last.headline == "alert over: \(row) for 1 min 7 s")
    #expect(last.sentence(about: "Ann") == "Alert over: \(resolved) for 1 min 7 s")
  }

  @Test(arguments: [
    ("empty:5m", "empty", "has been empty", "was empty"),
    ("alone:5m", "only one participant", "has had only one participant", "had only one participant"),
    ("people:10:5m", "more than 10 participants", "has had more than 10 participants", "had more than 10 participants"),
  ]) func `of an alert about the conference says how long its state has lasted`(
    alert: String, row: String, raised: String, resolved: String
  ) {
    var poll = ChatPoll()
    for type in [EventType.alertRaised, .alertResolved] {
      poll.add(type) {
        ($0.alert, $0.since, $0.lastedMilliseconds) = (alert, ChatPoll.now - .milliseconds(300_000), 301_000)
      }
    }
    let words = poll.events.map { EventWords(EventLine($0), coached: nil) }
    #expect(words.map(\.headline) == ["alert: \(row) for 5 min 0 s", "alert over: \(row) for 5 min 1 s"])
    #expect(
      words.map { $0.sentence(about: "?") } == [
        "Alert: the conference \(raised) for 5 min 0 s", "Alert over: the conference \(resolved) for 5 min 1 s",
      ])
  }

  @Test func `of a heartbeat has its counts`() {
    let line = Self.line(.watchHeartbeat) { $0.watch = Self.counts }
    #expect(EventWords(line, coached: nil).headline == "conferences: 1, people: 2, undelivered: 3")
  }

  @Test(arguments: [
    (EventType.participantMuted, "muted"), (.participantHeld, "on hold"), (.participantCoachingStarted, "coaching Bea"),
  ]) func `of an initial state says that it is initial`(type: EventType, state: String) {
    let words = EventWords(Self.line(type) { $0.isInitial = true }, coached: "Bea")
    #expect(words.state == state && words.headline == "\(state) on entering")
    #expect(EventWords(Self.line(type) { _ in }, coached: "Bea").state == nil)
  }

  @Test(
    arguments: [
      (0, "0.0 s"), (999, "0.9 s"), (59_999, "59.9 s"), (60_000, "1 min 0 s"), (3_599_999, "59 min 59 s"),
      (3_600_000, "1 h 0 min"), (90_061_000, "25 h 1 min"), (-1, nil),
    ] as [(Int64, String?)])
  func `says how long something lasted`(milliseconds: Int64, words: String?) {
    let line = Self.line(.participantLeft) { $0.lastedMilliseconds = milliseconds }
    #expect(line.lasted == words)
  }

  @Test(
    arguments: [
      ("redacted_0123456789abcdef01234567", true), ("redacted_0123456789abcdef0123456", false),
      ("redacted_0123456789abcdef012345678", false), ("redacted_0123456789ABCDEF01234567", false),
      ("redacted_0123456789abcdeg01234567", false), ("Redacted_0123456789abcdef01234567", false),
      ("redacted", false), ("", false),
    ])
  func `shows no redacted text as a name`(text: String, isRedacted: Bool) {
    #expect(RedactedText.isOne(text) == isRedacted)
    #expect(ShownName.of(given: nil, label: text) == (isRedacted || text.isEmpty ? nil : text))
    #expect(ShownName.of(given: "Ann", label: text) == "Ann")
  }

  @Test func `names a redacted participant by the end of the token, like a sid`() {
    let token = "redacted_0123456789abcdef01234567"
    var poll = ChatPoll()
    poll.add(.participantJoined, token) {
      ($0.participant, $0.participantCount) = (ChatPoll.record(label: token), 1)
    }
    #expect(poll.message().lines == ["Call …4567 joined · 1 in the room"])
  }
}
