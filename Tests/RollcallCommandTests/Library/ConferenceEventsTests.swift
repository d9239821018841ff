import RollcallCore
import RollcallKit
import RollcallSimulator
import Testing

/// What a program gets that has the library in it, over real HTTP.
@Suite struct `The events of a conference` {
  private static let people = [Scenario.Person("agent"), Scenario.Person("caller")]

  private static func space(_ steps: [Scenario.Step] = []) throws -> SimulatedSpace {
    try SimulatedSpace(
      scenario: Scenario(name: "t", rooms: [.init(friendlyName: "t", people: people, steps: steps)]), seed: 1,
      clock: SteppingClock(step: .milliseconds(200)).clock())
  }

  private static func events(of space: SimulatedSpace, token: String? = nil) throws -> ConferenceEvents {
    let sid = try #require(space.conferences.first.flatMap { ConferenceSID($0.sid) })
    return ConferenceEvents(of: sid, at: try account(space, token: token), interval: .milliseconds(100))
  }

  private static func account(_ space: SimulatedSpace, token: String? = nil) throws -> ConferenceAccount {
    try ConferenceAccount(origin: space.origin, project: space.project, token: Secret(token ?? space.token))
  }

  @Test func `come one by one until it is over`() async throws {
    let space = try Self.space([.init(at: 1500, .mute("caller", true)), .init(at: 3000, .end)])
    defer { space.stop() }
    var events: [ConferenceEvent] = []
    for try await event in try Self.events(of: space) { events.append(event) }
    let types = events.map(\.type)
    #expect(types.prefix(3) == [.participantPresent, .participantPresent, .watchStarted])
    #expect(types.contains(.participantMuted))
    #expect(types.suffix(3) == [.participantLeft, .participantLeft, .conferenceEnded])
    #expect(events.map(\.sequence) == Array(1...UInt64(events.count)))
    for event in events {
      let line = try JSONReader.read(Array(event.line.dropLast()))
      #expect(line["id"]?.asText == event.id)
      #expect(line["call_sid"]?.asText == event.call?.text)
      #expect(
        line["participant_count"]?.asInteger == (event.detail.watch == nil ? Int64(event.detail.participantCount) : nil)
      )
    }
  }

  @Test func `of each iterator are a watch of their own`() async throws {
    let space = try Self.space()
    defer { space.stop() }
    let events = try Self.events(of: space)
    var (first, second) = (events.makeAsyncIterator(), events.makeAsyncIterator())
    let (one, other) = (try await first.next(), try await second.next())
    #expect(one?.sequence == 1 && other?.sequence == 1)
    #expect(one?.id != other?.id)
  }

  @Test func `end where the task is cancelled`() async throws {
    let space = try Self.space()
    defer { space.stop() }
    let events = try Self.events(of: space)
    let (starts, started) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      var count = 0
      for try await event in events {
        count += 1
        if event.type == .watchStarted { started.finish() }
      }
      return count
    }
    for await _ in starts {}
    task.cancel()
    #expect(try await task.value == 3)
  }

  @Test func `throw where watching cannot begin`() async throws {
    let space = try Self.space()
    defer { space.stop() }
    await #expect(throws: WatchFailure.unauthorised) {
      for try await _ in try Self.events(of: space, token: "another") {}
    }
    let nobody = try #require(ConferenceSID("00000000-0000-4000-8000-000000000000"))
    await #expect(throws: WatchFailure.unknownConference) {
      for try await _ in ConferenceEvents(of: nobody, at: try Self.account(space)) {}
    }
    var failure: WatchFailure?
    do throws(WatchFailure) {
      var iterator = ConferenceEvents(of: nobody, at: try Self.reachable(space), caFile: "/none").makeAsyncIterator()
      _ = try await iterator.next()
    } catch {
      failure = error
    }
    guard case .setUp = failure else {
      Issue.record("a CA file that is not there: \(failure.map { "\($0)" } ?? "no failure")")
      return
    }
  }

  private static func reachable(_ space: SimulatedSpace) throws(WatchFailure) -> ConferenceAccount {
    do throws(ConferenceAccount.Refusal) {
      return try ConferenceAccount(origin: space.origin, project: space.project, token: Secret(space.token))
    } catch {
      throw .setUp("\(error)")
    }
  }

  @Test(
    arguments: [
      ("https://example.signalwire.com", true), ("https://example.signalwire.com:8443", true),
      ("http://127.0.0.1:8080", true), ("http://localhost", true), ("http://[::1]:80", true),
      ("http://example.signalwire.com", false), ("http://127.0.0.1.example.com", false), ("example", false),
      ("", false),
      ("https://", false), ("https://a/", false), ("https://u@a", false), ("https://a?b", false),
      ("https://a#b", false),
      ("ftp://a", false), ("https://a b", false), ("http://localhost@a", false), ("http://a\\@127.0.0.1", false),
    ])
  func `are asked for at origins only that keep the token to themselves`(origin: String, isFine: Bool) {
    let account = try? ConferenceAccount(origin: origin, project: "p", token: Secret("t"))
    #expect((account != nil) == isFine, "\(origin)")
    #expect(throws: ConferenceAccount.Refusal.project) {
      try ConferenceAccount(origin: origin, project: "", token: Secret("t"))
    }
  }
}
