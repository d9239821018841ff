import RollcallKit
import RollcallSimulator
import Testing

/// What a program gets from the library, over real HTTP and using only the public API.
@Suite(.timeLimit(.minutes(5)))
struct `A watch in a program` {
  static let people = [Scenario.Person("agent"), Scenario.Person("caller")]

  static func space(_ steps: [Scenario.Step] = [], names: [String] = ["t"]) throws -> SimulatedSpace {
    try SimulatedSpace(
      scenario: Scenario(name: "t", rooms: names.map { .init(friendlyName: $0, people: people, steps: steps) }),
      seed: 1,
      clock: SteppingClock(step: .milliseconds(200)).clock())
  }

  static func account(_ space: SimulatedSpace, token: String? = nil) throws -> ConferenceAccount {
    try ConferenceAccount(origin: space.origin, project: space.project, token: Secret(token ?? space.token))
  }

  static func sid(_ space: SimulatedSpace, _ index: Int = 0) throws -> ConferenceSID {
    try #require(ConferenceSID(space.conferences[index].sid))
  }

  static func watch(_ space: SimulatedSpace, _ subject: WatchSubject? = nil, token: String? = nil) throws -> Watch {
    var watch = Watch(try subject ?? .conference(sid(space)), at: try account(space, token: token))
    watch.interval = .milliseconds(100)
    return watch
  }

  @Test func `yields the events one by one until the conference ends`() async throws {
    let space = try Self.space([.init(at: 1500, .mute("caller", true)), .init(at: 3000, .end)])
    defer { space.stop() }
    var events: [ConferenceEvent] = []
    for try await event in try Self.watch(space) { events.append(event) }
    let types = events.map(\.type)
    #expect(types.prefix(3) == ["participant.present", "participant.present", "watch.started"])
    #expect(types.suffix(4) == ["participant.left", "participant.left", "conference.ended", "watch.stopped"])
    #expect(events.map(\.sequence) == Array(1...UInt64(events.count)))
    let sid = try Self.sid(space)
    #expect(events.dropLast().allSatisfy { $0.conferenceSID == sid })
    let muted = events.compactMap { event -> Participant? in
      if case .participantMuted(let change) = event.kind { change.participant } else { nil }
    }
    #expect(muted.map(\.callSID.text) == [space.callSID(of: "caller", in: sid.text)])
    #expect(muted.allSatisfy { $0.isMuted })
    for event in events { #expect(try ConferenceEvent(line: event.line) == event) }
  }

  @Test func `is a separate run for each iterator, and all share a thread`() async throws {
    let space = try Self.space()
    defer { space.stop() }
    let watch = try Self.watch(space)
    var iterators = (0..<20).map { _ in watch.makeAsyncIterator() }
    var ids: Set<String> = []
    for index in iterators.indices {
      let event = try await iterators[index].next()
      #expect(event?.sequence == 1)
      ids.insert(event?.id ?? "")
    }
    #expect(ids.count == iterators.count)
  }

  @Test(arguments: [WatchSubject.all, .named("sales"), .matching("s*")])
  func `finds conferences by name, by pattern, or all of them`(subject: WatchSubject) async throws {
    let space = try Self.space(names: ["sales", "support", "team"])
    defer { space.stop() }
    var watch = try Self.watch(space, subject)
    watch.discoveryInterval = .seconds(1)
    let wanted = space.conferences.filter { conference in
      switch subject {
      case .all: true
      case .named("sales"): conference.friendlyName == "sales"
      default: conference.friendlyName.hasPrefix("s")
      }
    }
    var started: Set<String> = []
    for try await event in watch {
      if case .watchStarted(let start) = event.kind {
        #expect(start.baseline == 2)
        started.insert(event.conferenceSID?.text ?? "")
      }
      if started.count == wanted.count { break }
    }
    #expect(started == Set(wanted.map(\.sid)))
  }

  @Test func `ends when its task is cancelled or its time is over`() async throws {
    let space = try Self.space()
    defer { space.stop() }
    let watch = try Self.watch(space)
    let (starts, started) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      var count = 0
      for try await event in watch {
        count += 1
        if case .watchStarted = event.kind { started.finish() }
      }
      return count
    }
    for await _ in starts {}
    task.cancel()
    #expect(try await task.value == 3)

    var limited = watch
    limited.duration = .milliseconds(300)
    var last: ConferenceEvent?
    for try await event in limited { last = event }
    #expect(last?.kind == .watchStopped(.duration))
  }

  @Test func `throws why watching cannot begin, and nothing after that`() async throws {
    let space = try Self.space()
    defer { space.stop() }
    await #expect(throws: WatchFailure.unauthorised) {
      for try await _ in try Self.watch(space, token: "another") {}
    }
    await #expect(throws: WatchFailure.unauthorised) { try await Self.watch(space, token: "another").run() }
    let nobody = try #require(ConferenceSID("00000000-0000-4000-8000-000000000000"))
    var iterator = try Self.watch(space, .conference(nobody)).makeAsyncIterator()
    #expect(try await iterator.next()?.kind == .watchStopped(.error))
    await #expect(throws: WatchFailure.unknownConference) { _ = try await iterator.next() }
    #expect(try await iterator.next() == nil)
    await #expect(throws: WatchFailure.unknownConference) { try await Self.watch(space, .named("nobody's")).run() }
    var account = try Self.account(space)
    account.caFile = "/none"
    let failure = await #expect(throws: WatchFailure.self) { try await Watch(.conference(nobody), at: account).run() }
    guard case .setUp(let reason) = failure else {
      Issue.record("expected a failure about the missing CA file, got \(failure.map { "\($0)" } ?? "none")")
      return
    }
    #expect(reason.hasPrefix("the CA file "))
  }

  private static let outOfBounds: [(String, @Sendable (inout Watch) -> Void)] = [
    ("interval", { $0.interval = .milliseconds(99) }), ("interval", { $0.interval = .seconds(3601) }),
    ("discovery interval", { $0.discoveryInterval = .milliseconds(999) }),
    ("requests per second", { $0.maximumRequestsPerSecond = 0 }),
    ("heartbeat", { $0.heartbeat = .milliseconds(999) }), ("duration", { $0.duration = .zero }),
    ("history", { $0.stateFile = .init(path: "/none/s", history: .seconds(3599)) }),
    ("webhooks", { watch in watch.webhooks = (0...64).compactMap { try? Webhook(url: Secret("https://a/\($0)")) } }),
    ("URL", { watch in watch.webhooks = (0...1).compactMap { _ in try? Webhook(url: Secret("https://a/")) } }),
    (
      "name",
      { watch in watch.webhooks = (0...1).compactMap { try? Webhook(url: Secret("https://a/\($0)"), name: "n") } }
    ),
  ]

  @Test func `reports a value that is out of bounds before anything is sent`() async throws {
    let space = try Self.space()
    defer { space.stop() }
    for (name, change) in Self.outOfBounds {
      var watch = try Self.watch(space)
      change(&watch)
      let failure = await #expect(throws: WatchFailure.self) { try await watch.run() }
      guard case .invalid(let reason) = failure else {
        Issue.record("\(name): expected an invalid value, got \(failure.map { "\($0)" } ?? "no failure")")
        continue
      }
      #expect(reason.contains(name), "\(reason)")
    }
    await #expect(throws: WatchFailure.invalid("no conference to watch is given")) {
      try await Self.watch(space, .conferences([])).run()
    }
    #expect(space.requests == 0)
  }
}

/// The lists that a program requests once.
@Suite(.timeLimit(.minutes(5)))
struct `An account in a program` {
  @Test func `lists the participants of a conference, and the conferences`() async throws {
    let space = try `A watch in a program`.space(names: ["sales", "support"])
    defer { space.stop() }
    let account = try `A watch in a program`.account(space)
    let sid = try `A watch in a program`.sid(space)
    let people = try await account.participants(in: sid)
    #expect(
      Set(people.map(\.callSID.text)) == Set(["agent", "caller"].compactMap { space.callSID(of: $0, in: sid.text) }))
    #expect(people.allSatisfy { !$0.isMuted && $0.created != nil && $0.record.first == UInt8(ascii: "{") })
    let all = try await account.conferences()
    #expect(all.map(\.friendlyName).sorted() == ["sales", "support"])
    #expect(all.allSatisfy { $0.status == "in-progress" })
    #expect(try await account.conferences(.matching(Glob("sal*"))).map(\.sid) == [sid])
    space.perform(.end, in: sid.text)
    #expect(try await account.conferences().map(\.friendlyName) == ["support"])
    #expect(try await account.conferences(.named("sales"), includesEnded: true).map(\.status) == ["completed"])
  }

  @Test func `reports why a list failed`() async throws {
    let space = try `A watch in a program`.space()
    defer { space.stop() }
    let nobody = try #require(ConferenceSID("nobody"))
    await #expect(throws: WatchFailure.unknownConference) {
      try await `A watch in a program`.account(space).participants(in: nobody)
    }
    await #expect(throws: WatchFailure.unauthorised) {
      try await `A watch in a program`.account(space, token: "another").conferences()
    }
    let account = try ConferenceAccount(origin: "http://127.0.0.1:1", project: "p", token: Secret("t"))
    let failure = await #expect(throws: WatchFailure.self) { try await account.conferences() }
    guard case .unreachable = failure else {
      Issue.record("expected an unreachable port, got \(failure.map { "\($0)" } ?? "no failure")")
      return
    }
  }

  @Test(
    arguments: [
      ("https://example.signalwire.com", true), ("https://example.signalwire.com:8443", true),
      ("HTTPS://Example.SignalWire.com", true), ("http://127.0.0.1:8080", true), ("http://localhost", true),
      ("http://[::1]:80", true), ("http://example.signalwire.com", false), ("http://127.0.0.1.example.com", false),
      ("example", false), ("", false), ("https://", false), ("https://a/", false), ("https://u@a", false),
      ("https://a?b", false), ("https://a#b", false), ("ftp://a", false), ("https://a b", false),
      ("http://localhost@a", false), ("http://a\\@127.0.0.1", false),
    ])
  func `accepts only an origin that keeps the token secret`(origin: String, isFine: Bool) {
    let account = try? ConferenceAccount(origin: origin, project: "p", token: Secret("t"))
    #expect((account != nil) == isFine, "\(origin)")
    #expect(account.map { $0.origin == origin.lowercased() } != false)
    #expect(throws: ConferenceAccount.Refusal.project) {
      try ConferenceAccount(origin: origin, project: "", token: Secret("t"))
    }
  }
}
