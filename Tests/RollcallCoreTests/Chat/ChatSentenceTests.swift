import Testing

@testable import RollcallCore

@Suite struct `A chat message` {
  private static let agent = "9d5c0f3e-0000-4000-8000-00000000a4ca"
  private static let coach = "9d5c0f3e-0000-4000-8000-00000000a4c0"

  private func lines(_ names: SIDNames = .none, _ build: (inout ChatPoll) -> Void) -> [String] {
    var poll = ChatPoll()
    build(&poll)
    return poll.message(names).lines
  }

  @Test func `says who joined, in which state, and how many are in the room`() {
    let lines = lines {
      $0.add(.participantJoined, Self.agent) { $0.participantCount = 3 }
      $0.add(.participantMuted, Self.agent) { $0.isInitial = true }
      $0.add(.participantHeld, Self.agent) { $0.isInitial = true }
      $0.add(.participantCoachingStarted, Self.agent) {
        $0.isInitial = true
        $0.callSIDToCoach = Self.coach
      }
      $0.add(.participantMuted, Self.coach)
    }
    #expect(lines == ["Call …a4ca joined, muted, on hold, coaching …a4c0 · 3 in the room", "…a4c0 was muted"])
  }

  @Test(arguments: [
    (EventType.participantLeft, "Call …a4ca left after 3 min 12 s · 2 in the room"),
    (.participantUnmuted, "…a4ca was unmuted after 3 min 12 s"), (.participantHeld, "…a4ca was put on hold"),
    (.participantUnheld, "…a4ca was taken off hold after 3 min 12 s"),
    (.participantCoachingStarted, "…a4ca started coaching …a4c0"),
    (.participantCoachingStopped, "…a4ca stopped coaching …a4c0 after 3 min 12 s"),
    (.participantUpdated, "…a4ca: label none → Ann, muted no → yes"),
    (.conferencePresent, "The conference is there"), (.conferenceStarted, "The conference started"),
    (.conferenceEnded, "The conference ended"),
    (.participantPresent, "2 in the room when watching began: …a4ca"),
  ])
  func `has a sentence for each event`(type: EventType, sentence: String) {
    let lines = lines {
      $0.add(type, Self.agent) {
        $0.lastedMilliseconds = 192_999
        $0.participantCount = 2
        $0.callSIDToCoach = Self.coach
        guard type == .participantUpdated else { return }
        $0.changes = [FieldChange("label", nil, "Ann"), FieldChange("muted", false, true)]
      }
    }
    #expect(lines == [sentence])
  }

  @Test func `describes outages`() {
    let lines = lines {
      $0.add(.watchInterrupted) { $0.watch = .interrupted(reason: .pollFailed, error: "HTTP 503") }
      $0.add(.watchResumed) {
        $0.watch = .resumed(
          from: ChatPoll.now, to: ChatPoll.now + .seconds(3725), reason: .clockJump, pollsMissed: 9)
      }
    }
    #expect(
      lines == [
        "Watching is interrupted (poll failed): HTTP 503", "Watching resumed (clock jump); not watched for 1 h 2 min",
      ])
  }

  @Test func `says whom the participants of a baseline coach`() {
    let lines = lines {
      $0.add(.participantPresent, "call-1") {
        $0.participant = Array(#"{"muted":true,"coaching":true,"call_sid_to_coach":"call-2"}"#.utf8)
        $0.participantCount = 1
      }
    }
    #expect(lines == ["1 in the room when watching began: …ll-1 (muted, coaching …ll-2)"])
  }

  @Test func `folds a baseline into one sentence`() {
    let lines = lines {
      for number in 10..<25 {
        $0.add(.participantPresent, "call-\(number)") { $0.participantCount = number - 9 }
      }
    }
    let named = (10..<20).map { "…l-\($0)" }.joined(separator: ", ")
    #expect(lines == ["15 in the room when watching began: \(named) +5 more"])
  }

  @Test func `an initial event without its join has a sentence of its own, also after another call's join`() {
    let lines = lines {
      $0.add(.participantJoined, Self.coach) { $0.participantCount = 1 }
      $0.add(.participantMuted, Self.agent) {
        $0.isInitial = true
        $0.participantCount = 2
      }
    }
    #expect(lines == ["Call …a4c0 joined · 1 in the room", "…a4ca joined, muted · 2 in the room"])
  }

  @Test func `names people by the user's names, then the provider's, then the end of the sid`() throws {
    let names = try SIDNames(text: Array("\(Self.agent) Anna\n9d5c Somebody of ours\n".utf8))
    func lines(_ names: SIDNames) -> [String] {
      self.lines(names) {
        $0.add(.participantJoined, Self.agent) { $0.participant = ChatPoll.record(label: "line 2") }
        $0.add(.participantCoachingStarted, Self.coach) { $0.callSIDToCoach = Self.agent }
      }
    }
    #expect(lines(names) == ["Anna joined · 0 in the room", "Somebody of ours started coaching Anna"])
    #expect(lines(.none) == ["line 2 joined · 0 in the room", "…a4c0 started coaching …a4ca"])
  }

  @Test(
    arguments: [
      ("inbound", nil, "Anna"), ("outbound-api", nil, "+12025550199"), ("outbound-dial", "line 2", "line 2"),
      ("inbound", "line 2", "Anna"), ("trunking", nil, "Call …a4ca"),
      ("redacted_0123456789abcdef01234567", nil, "Call …a4ca"),
    ] as [(String, String?, String)])
  func `names people by the name of their address, then by their label, then by the address`(
    direction: String, label: String?, who: String
  ) throws {
    let names = try SIDNames(text: Array("+1-202-555-0101 Anna\n".utf8))
    var poll = ChatPoll()
    poll.add(.participantJoined, Self.agent) {
      $0.participant = ChatPoll.record(from: "+12025550101", to: "+12025550199", direction, label: label)
    }
    #expect(poll.message(names).lines == ["\(who) joined · 0 in the room"])
  }

  @Test func `never names people by a redacted value`() throws {
    let token = "redacted_0123456789abcdef01234567"
    let lines = lines(try SIDNames(text: Array("+12025550199 Desk\n".utf8))) {
      $0.add(.participantMuted, Self.agent) {
        $0.participant = ChatPoll.record(from: token, to: "+12025550199", "inbound", label: token)
      }
    }
    #expect(lines == ["…a4ca was muted"])
  }

  @Test func `names people as in earlier events`() throws {
    var poll = ChatPoll()
    poll.add(.participantCoachingStarted, Self.coach) { $0.callSIDToCoach = Self.agent }
    let people = [
      Self.agent: CallerIdentity(label: nil, address: "+12025550101"),
      Self.coach: CallerIdentity(label: "boss", address: nil),
    ]
    #expect(poll.message(people: people).lines == ["boss started coaching +12025550101"])
    let names = try SIDNames(text: Array("+12025550101 Anna\n".utf8))
    #expect(poll.message(names, people: people).lines == ["boss started coaching Anna"])
  }

  @Test func `is headed by the conference's name, its friendly name or its sid, and the time`() throws {
    var poll = ChatPoll()
    poll.add(.conferenceEnded)
    #expect(poll.message().title == "Conference …b12f" && poll.message().time == "08:03:20 UTC")
    var named = ChatPoll()
    named.add(.participantLeft, Self.agent)
    named.add(.conferenceEnded) { $0.friendlyName = "support" }
    #expect(named.message().title == "support")
    #expect(named.message(try SIDNames(text: Array("00000000- Desk\n".utf8))).title == "Desk")
  }

  @Test func `is headed by the name in earlier events, unless its own events have another`() throws {
    var poll = ChatPoll()
    poll.add(.participantLeft, Self.agent)
    #expect(poll.message(friendlyName: "support").title == "support")
    #expect(poll.message(friendlyName: " ").title == "Conference …b12f")
    #expect(poll.message(friendlyName: "redacted_0123456789abcdef01234567").title == "Conference …b12f")
    #expect(poll.message(try SIDNames(text: Array("00000000- Desk\n".utf8)), friendlyName: "support").title == "Desk")
    poll.add(.conferenceEnded) { $0.friendlyName = "sales" }
    #expect(poll.message(friendlyName: "support").title == "sales")
  }

  @Test func `shows hidden characters, and cuts long texts`() {
    let lines = lines {
      $0.add(.participantLeft, Self.agent) { $0.participant = ChatPoll.record(label: "a\u{202E}b\u{200B}\n") }
      $0.add(.participantLeft, Self.agent) {
        $0.participant = ChatPoll.record(label: String(repeating: "x", count: 60))
      }
      $0.add(.participantLeft, Self.agent) { $0.participant = ChatPoll.record(label: " \t ") }
    }
    let cut = String(repeating: "x", count: ShownName.maximumLength) + "…"
    #expect(
      lines == [
        #"a\u{202E}b\u{200B}\u{A} left · 0 in the room"#, "\(cut) left · 0 in the room",
        "Call …a4ca left · 0 in the room",
      ])
  }

  @Test func `a poll of a thousand departures is a few lines and a count, and initial events do not count`() {
    var poll = ChatPoll()
    for number in 0..<1000 {
      poll.add(.participantJoined, "call-\(number)")
      poll.add(.participantMuted, "call-\(number)") { $0.isInitial = true }
    }
    let message = poll.message()
    #expect(message.lines.count == ChatDigest.maximumLines && message.remainder == "+980 more · 0 in the room")
    poll.add(.conferenceEnded)
    #expect(poll.message().remainder == "+981 more · the conference ended")
  }
}
