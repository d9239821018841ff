import Testing

@testable import RollcallCore
@testable import RollcallKit

@Suite(.timeLimit(.minutes(5)))
struct `A sink of a chat service` {
  private static let room = ConferenceSID("CF-1")

  /// Returns the departures of one poll, `number` seconds after the first one.
  private static func poll(_ number: Int, leaving count: Int, from room: ConferenceSID? = room) -> [Event] {
    (0..<count).map { index in
      let at = Timestamp(milliseconds: 1_795_442_400_000 + Int64(number) * 1000)
      var draft = Event(.participantLeft, at: at, conference: room)
      draft.call = CallSID("call-\(number)-\(index)")
      draft.participant = Array("{}".utf8)
      draft.participantCount = count - index - 1
      return draft
    }
  }

  @Test func `posts one message for each poll, a second apart and unsigned`() async throws {
    let polls = [Self.poll(0, leaving: 3), Self.poll(1, leaving: 1), Self.poll(2, leaving: 2)]
    let run = try await ChatRun.deliver(polls, to: .mattermost) { _ in ChatRun.reply(200, [:], "ok") }
    #expect(run.requests.map(\.lines.count) == [3, 1, 2])
    #expect(zip(run.requests, run.requests.dropFirst()).allSatisfy { $1.at - $0.at >= .seconds(1) })
    #expect(run.report == WebhookSink.Tally(delivered: 6, deadLetters: 0, undelivered: 0))
    #expect(run.requests.allSatisfy { $0.headers == ["User-Agent", "Content-Type"] })
    #expect(run.requests.allSatisfy { $0.url == "https://chat.example/hook?a=1" })
  }

  @Test func `a poll larger than one read becomes one message that counts the rest`() async throws {
    let run = try await ChatRun.deliver([Self.poll(0, leaving: 2500)], to: .mattermost) { _ in ChatRun.reply(200) }
    #expect(run.requests.count == 1 && run.requests.first?.lines.last == "+2480 more · 0 in the room")
    #expect(
      run.report.delivered == 2500 && run.requests.first?.lines.first == "• Call …\\-0\\-0 left · 2499 in the room")
  }

  @Test func `the watch's own events cause no messages and do not split a poll`() async throws {
    var poll = Self.poll(0, leaving: 2)
    poll.insert(Event(.watchStarted, at: poll[0].timestamp, conference: Self.room), at: 1)
    let stop = Event.stopped(.signal, at: poll[0].timestamp + .seconds(5))
    let run = try await ChatRun.deliver([poll, [stop]], to: .mattermost) { _ in ChatRun.reply(200) }
    #expect(run.requests.map(\.lines.count) == [2] && run.report.delivered == 2)
  }

  @Test func `conferences have messages of their own`() async throws {
    let polls = [Self.poll(0, leaving: 2), Self.poll(0, leaving: 2, from: ConferenceSID("CF-2"))]
    let run = try await ChatRun.deliver(polls, to: .mattermost) { _ in ChatRun.reply(200) }
    #expect(run.requests.map(\.lines.count) == [2, 2])
  }

  @Test func `a rejected message makes all of its events dead letters, and the next one is posted`() async throws {
    let polls = [Self.poll(0, leaving: 600), Self.poll(1, leaving: 1)]
    let run = try await ChatRun.deliver(polls, to: .slack) {
      ChatRun.reply($0 == 1 ? 400 : 200, [:], "invalid_payload")
    }
    #expect(run.deadLetters == Array(1...600))
    #expect(run.report == WebhookSink.Tally(delivered: 1, deadLetters: 600, undelivered: 0))
    let first = EventStream.id(epoch: 7, sequence: 1)
    let answer = "answered 400: invalid_payload"
    #expect(run.notices == [.deadLetter(id: first, count: 600, .rejected(status: 400), answer: answer)])
  }

  @Test(arguments: [401, 403, 404, 410])
  func `a refused webhook is turned off for the run`(status: Int) async throws {
    let polls = [Self.poll(0, leaving: 2), Self.poll(1, leaving: 2)]
    let run = try await ChatRun.deliver(polls, to: .discord) { _ in ChatRun.reply(status) }
    #expect(run.requests.count == 1 && run.deadLetters == [1, 2, 3, 4])
    #expect(run.notices.contains(.gone(answer: "answered \(status)")))
    #expect(run.requests.first?.url == "https://chat.example/hook?a=1&wait=true")
  }

  @Test(arguments: [
    (ChatService.slack, 429, ["retry-after": "17"], ""),
    (.discord, 429, [:], #"{"retry_after": 16.2, "global": false}"#),
    (.mattermost, 429, ["retry-after": "17"], ""), (.teams, 429, ["retry-after": "17"], ""),
  ])
  func `waits as long as the service asks`(
    service: ChatService, status: Int, headers: [String: String], body: String
  ) async throws {
    let polls = [Self.poll(0, leaving: 1), Self.poll(0, leaving: 1, from: ConferenceSID("CF-2"))]
    let run = try await ChatRun.deliver(polls, to: service) {
      $0 == 1 ? ChatRun.reply(status, headers, body) : ChatRun.reply(200)
    }
    #expect(run.requests.count == 3 && run.report.delivered == 2 && run.report.failedAttempts == 1)
    #expect(run.requests[1].at - run.requests[0].at >= .seconds(17))
  }

  @Test func `a 200 of Teams that says 429 is retried`() async throws {
    let text =
      "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId"
    let run = try await ChatRun.deliver([Self.poll(0, leaving: 1)], to: .teams) {
      ChatRun.reply(200, [:], $0 < 3 ? text : "1")
    }
    #expect(run.requests.count == 3 && run.report.delivered == 1)
    #expect(run.requests[0].body == run.requests[2].body)
  }
}
