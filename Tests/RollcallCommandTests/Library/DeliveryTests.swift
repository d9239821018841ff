import RollcallKit
import RollcallSimulator
import Testing

/// What a watch in a program stores and posts, over real HTTP and using only the public API.
@Suite(.timeLimit(.minutes(5)))
struct `A watch with a state file and webhooks` {
  private static func webhook(_ receiver: ScriptedReceiver, name: String = "ops") throws -> Webhook {
    var webhook = try Webhook(url: Secret(receiver.url), name: name)
    webhook.secrets = [try WebhookSecret(ScriptedReceiver.secret)]
    return webhook
  }

  @Test func `posts every event, signed, or only those of the wanted types`() async throws {
    let space = try `A watch in a program`.space([.init(at: 2000, .end)])
    let (all, some) = (try ScriptedReceiver(), try ScriptedReceiver())
    defer {
      for receiver in [all, some] { receiver.stop() }
      space.stop()
    }
    var watch = try `A watch in a program`.watch(space)
    watch.webhooks = [try Self.webhook(all), try Self.webhook(some, name: "leavers")]
    watch.webhooks[1].types = [.participantLeft]
    watch.webhooks[1].calls = [
      try #require(space.callSID(of: "agent", in: space.conferences[0].sid).flatMap(CallSID.init))
    ]
    var events: [ConferenceEvent] = []
    for try await event in watch { events.append(event) }
    // Conferences have their own lanes, so events without a conference may come in between.
    #expect(Set(all.deliveries.map(\.body)) == Set(events.map { Array($0.line.dropLast()) }))
    #expect(all.deliveries.count == events.count && all.deliveries.allSatisfy { $0.isSigned })
    let left = try some.deliveries.map { try ConferenceEvent(line: $0.body) }
    #expect(left.map(\.type) == ["participant.left"])
    #expect(left.map(\.callSID) == Array(watch.webhooks[1].calls ?? []))
  }

  @Test func `posts without a program that reads events, and reports what is lost`() async throws {
    let space = try `A watch in a program`.space([.init(at: 1000, .end)])
    // An event that the receiver calls malformed is given up at once.
    let receiver = try ScriptedReceiver { $0 == 1 ? 422 : 204 }
    defer {
      receiver.stop()
      space.stop()
    }
    var watch = try `A watch in a program`.watch(space)
    watch.webhooks = [try Self.webhook(receiver)]
    await #expect(throws: WatchFailure.undelivered(1)) { try await watch.run() }
    #expect(receiver.deliveries.count > 4)
  }

  @Test func `releases the file when its task has ended, and continues from there`() async throws {
    let space = try `A watch in a program`.space()
    let receiver = try ScriptedReceiver()
    defer {
      receiver.stop()
      space.stop()
    }
    try await TemporaryFolder.with { folder in
      var watch = try `A watch in a program`.watch(space)
      watch.stateFile = .init(path: "\(folder)/calls.state")
      watch.webhooks = [try Self.webhook(receiver)]
      var taken: [ConferenceEvent] = []
      for run in 1...3 {
        taken += try await Self.eventsUntilLive(watch)
        let stops = try receiver.deliveries.map { try ConferenceEvent(line: $0.body) }
          .filter { $0.kind == .watchStopped(.signal) }
        #expect(stops.count == run)
      }
      // Each run begins with the events that the previous one left for the program.
      #expect(taken.map(\.sequence) == Array(1...UInt64(taken.count)))
      #expect(taken.map(\.type).suffix(2) == ["watch.stopped", "watch.resumed"])
      #expect(Set(receiver.deliveries.map(\.id)).count == receiver.deliveries.count)
    }
  }

  /// Takes events until the conference is scanned; then ends the run and waits for its end.
  private static func eventsUntilLive(_ watch: Watch) async throws -> [ConferenceEvent] {
    try await Task {
      var events: [ConferenceEvent] = []
      for try await event in watch {
        events.append(event)
        switch event.kind {
        case .watchStarted, .watchResumed: unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
        default: break
        }
      }
      return events
    }.value
  }

  @Test func `reports that the file is in use, or cannot be created`() async throws {
    let space = try `A watch in a program`.space()
    defer { space.stop() }
    try await TemporaryFolder.with { folder in
      var watch = try `A watch in a program`.watch(space)
      watch.stateFile = .init(path: "\(folder)/calls.state")
      var iterator = watch.makeAsyncIterator()
      #expect(try await iterator.next()?.sequence == 1)
      for path in ["\(folder)/calls.state", "\(folder)/none/calls.state"] {
        var other = watch
        other.stateFile = .init(path: path)
        let failure = await #expect(throws: WatchFailure.self) { try await other.run() }
        guard case .state = failure else {
          Issue.record("\(path): \(failure.map { "\($0)" } ?? "no failure")")
          continue
        }
      }
    }
  }

  @Test(
    arguments: [
      ("https://example.com/hook", true), ("http://127.0.0.1:9/hook?x=1", true), ("https://example.com", true),
      ("https://example.com/@user", true), ("ftp://example.com/hook", false), ("example.com/hook", false),
      ("https://u:p@example.com/hook", false), ("https://example.com/#part", false), ("https://example.com/a b", false),
      ("https://exämple.com/", false), ("", false), ("https:///hook", false),
    ])
  func `accepts only URLs that can be posted to, and names that a file can store`(url: String, isFine: Bool) throws {
    #expect(((try? Webhook(url: Secret(url))) != nil) == isFine, "\(url)")
    for (name, isFine) in [
      ("ops", true), ("a.b_c-9", true), ("", false), ("stdout", false), ("a:b", false), ("a b", false),
    ] {
      #expect(((try? Webhook(url: Secret("https://a/"), name: name)) != nil) == isFine, "\(name)")
    }
  }
}
