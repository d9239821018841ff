import RollcallTestKit
import Testing

@testable import RollcallCore

@Suite struct `The governor of an origin` {
  /// Conferences that are polled every 2 s, and discovery.
  private struct Origin {
    var governor: OriginGovernor
    var random = SplitMix64(seed: 1)
    let sids: [ConferenceSID]

    init(_ count: Int = 3, requestsPerSecond: Int = 1000) throws {
      sids = try (0..<count).map { try #require(ConferenceSID("c\($0)")) }
      governor = OriginGovernor(RequestBudget(requestsPerSecond: requestsPerSecond, interval: .seconds(2)))
      for (number, sid) in sids.enumerated() {
        governor.add(sid, number, PollSchedule(start: at(0), interval: .seconds(2)))
      }
      governor.addDiscovery(at: at(0))
    }

    func source(_ number: Int) -> OriginGovernor.Source { .poll(of: sids[number]) }

    mutating func wait(_ numbers: Int..., due: Double = 0, deadline: Double? = nil) {
      for number in numbers { governor.enqueue(number, due: at(due), isBusy: false, deadline: deadline.map(at)) }
    }

    /// Returns the numbers of the conferences whose turn has come.
    mutating func turns(_ seconds: Double) -> [Int] {
      var numbers: [Int] = []
      while case .poll(let number)? = governor.nextTurn(at: at(seconds)) { numbers.append(number) }
      return numbers
    }

    mutating func answered(_ number: Int, _ failure: ScanFailure?, _ seconds: Double) {
      governor.answered(source(number), failure, at: at(seconds))
    }

    @discardableResult
    mutating func ended(
      _ source: OriginGovernor.Source, _ outcome: PollOutcome, _ seconds: Double, minimumPause: Duration = .zero
    ) -> OriginGovernor.Notice? {
      governor.ended(
        source, outcome, minimumPause: minimumPause, at: at(seconds), streamTime: at(seconds), using: &random)
    }

    /// Returns when a conference is polled next, in seconds.
    func due(_ number: Int) -> Double? { due(source(number)) }

    func due(_ source: OriginGovernor.Source) -> Double? {
      governor.due(source).map { Double($0.milliseconds) / 1000 }
    }
  }

  // MARK: Pauses

  @Test func `allows no request during a pause of the origin, and all of them afterwards`() throws {
    var origin = try Origin()
    let failure = ScanFailure.unavailable(status: 503, retryAfter: .seconds(30))
    origin.answered(0, failure, 10)
    // A pause never shortens another.
    origin.answered(1, .unavailable(status: 503, retryAfter: .seconds(5)), 11)
    origin.wait(0, 1, 2)
    #expect(origin.turns(39.9) == [])
    #expect(origin.governor.suspension(at: at(20))?.failure == failure)
    #expect(origin.governor.wakeTime(after: at(20)) == at(40))
    #expect(origin.governor.admitDiscovery(at: at(20))?.until == at(40))
    #expect(origin.turns(40).sorted() == [0, 1, 2])
    #expect(origin.governor.openedAt(at(41)) == at(40))
    #expect(origin.governor.admitDiscovery(at: at(40)) == nil)
  }

  @Test func `limits pauses to a quarter of an hour`() throws {
    var origin = try Origin()
    origin.governor.heed(.failure(.throttled(retryAfter: .seconds(99_999))), at: at(100))
    #expect(origin.governor.suspension(at: at(999)) != nil)
    #expect(origin.governor.suspension(at: at(1000)) == nil)
  }

  @Test func `a used-up rate limit pauses requests until it is reset, and only a 429 halves the rate`() throws {
    var origin = try Origin(1, requestsPerSecond: 10)
    origin.governor.heed(.limitReached(resetAfter: .seconds(7)), at: at(0))
    #expect(origin.governor.suspension(at: at(6.9)) != nil && origin.governor.suspension(at: at(7)) == nil)
    #expect(!origin.governor.budget.isThrottled)
    origin.governor.heed(.failure(.throttled(retryAfter: nil)), at: at(8))
    #expect(origin.governor.budget.isThrottled)
  }

  @Test func `releases conferences whose deadline comes before the end of a pause`() throws {
    var origin = try Origin()
    let failure = ScanFailure.throttled(retryAfter: .seconds(800))
    origin.answered(0, failure, 0)
    origin.wait(1, 2, deadline: 30)
    origin.wait(0)
    #expect(origin.governor.nextTurn(at: at(29)) == nil)
    #expect(origin.governor.wakeTime(after: at(29)) == at(30))
    #expect(origin.governor.nextTurn(at: at(30)) == .late(1, failure))
    #expect(origin.governor.nextTurn(at: at(30)) == .late(2, failure))
    #expect(origin.governor.nextTurn(at: at(30)) == nil)
    #expect(origin.governor.wakeTime(after: at(30)) == at(800))
  }

  // MARK: Refused tokens

  @Test func `retries a refused token after 1, 5 and 15 seconds, and then every minute`() throws {
    var origin = try Origin(1)
    origin.answered(0, .unauthorised, 0)
    origin.ended(origin.source(0), .failed(.unauthorised), 0)
    var attempts: [Double] = []
    for _ in 0..<6 {
      let due = try #require(origin.due(0))
      origin.wait(0, due: due)
      #expect(origin.turns(due - 0.1) == [])
      #expect(origin.turns(due) == [0])
      attempts.append(due)
      origin.answered(0, .unauthorised, due)
      origin.ended(origin.source(0), .failed(.unauthorised), due)
    }
    #expect(attempts == [1, 6, 21, 81, 141, 201])
  }

  @Test func `blames the token after the second refusal, and informs the waiting conferences`() throws {
    var origin = try Origin()
    origin.answered(0, .unauthorised, 0)
    origin.ended(origin.source(0), .failed(.unauthorised), 0)
    origin.wait(1, 2)
    #expect(origin.governor.suspension(at: at(0))?.isConfirmed == false)
    #expect(origin.turns(1) == [1])
    origin.answered(1, .unauthorised, 1.1)
    #expect(origin.governor.suspension(at: at(1.1))?.isConfirmed == true)
    #expect(origin.governor.isRefused(origin.source(2)))
    // One request at a time.
    #expect(origin.turns(6) == [])
    #expect(origin.turns(6.1) == [2])
    origin.wait(1)
    #expect(origin.turns(7) == [])
    origin.answered(2, nil, 7)
    #expect(origin.turns(7) == [1])
    #expect(origin.governor.openedAt(at(8)) == at(7))
  }

  @Test func `counts refusals of requests that were in flight together as one`() throws {
    var origin = try Origin()
    origin.answered(0, .unauthorised, 0)
    origin.answered(1, .unauthorised, 0.1)
    origin.answered(2, .unauthorised, 0.2)
    #expect(origin.governor.suspension(at: at(0.3))?.isConfirmed == false)
  }

  @Test func `opens with the first reply that accepts the token`() throws {
    for failure in [nil, ScanFailure.notFound, .invalidPageToken] {
      var origin = try Origin()
      origin.answered(0, .unauthorised, 0)
      origin.answered(1, failure, 0.5)
      #expect(origin.governor.suspension(at: at(0.5)) == nil)
    }
    for failure in [
      ScanFailure.forbidden, .unreachable(reason: "x"), .malformed(reason: "x"), .throttled(retryAfter: nil),
    ] {
      var origin = try Origin()
      origin.answered(0, .unauthorised, 0)
      origin.answered(1, failure, 0.5)
      #expect(origin.governor.suspension(at: at(0.5)) != nil)
    }
  }

  @Test func `does not close if only one conference is refused`() throws {
    var origin = try Origin()
    origin.answered(0, .unauthorised, 0)
    origin.ended(origin.source(0), .failed(.unauthorised), 0)
    origin.wait(0, due: 1)
    origin.wait(1, due: 1.5)
    // If no other source can try the token, the refused one may.
    #expect(origin.turns(1) == [0])
    origin.answered(0, .unauthorised, 1)
    origin.ended(origin.source(0), .failed(.unauthorised), 1)
    #expect(origin.governor.wakeTime(after: at(1)) == at(1.5))
    #expect(origin.turns(1.9) == [])
    #expect(origin.turns(2) == [1])
    origin.answered(1, nil, 2)
    #expect(origin.governor.suspension(at: at(2)) == nil)
    // From now on its refusals concern only itself.
    origin.answered(0, .unauthorised, 7)
    origin.ended(origin.source(0), .failed(.unauthorised), 7)
    #expect(origin.governor.suspension(at: at(7)) == nil)
    #expect(origin.due(0) == 22)
    #expect(!origin.governor.isRefused(origin.source(1)))
  }

  @Test(arguments: [ScanFailure.forbidden]) func `a 403 affects no other conference`(_ failure: ScanFailure) throws {
    var origin = try Origin()
    for second in 0..<5 {
      origin.answered(0, failure, Double(second))
      origin.ended(origin.source(0), .failed(failure), Double(second))
    }
    #expect(origin.governor.suspension(at: at(5)) == nil)
    #expect(origin.governor.isRefused(origin.source(0)) && !origin.governor.isRefused(origin.source(1)))
  }

  @Test func `an attempt that sends nothing or is never answered makes way for another`() throws {
    var origin = try Origin()
    origin.answered(0, .unauthorised, 0)
    origin.wait(1, 2)
    #expect(origin.turns(1) == [1])
    origin.governor.waive(origin.source(1))
    #expect(origin.turns(1) == [2])
    origin.wait(1)
    #expect(origin.turns(20) == [])
    #expect(origin.governor.wakeTime(after: at(20)) == at(21))
    #expect(origin.governor.remove(origin.source(2)) == nil)
    #expect(origin.turns(20) == [1])
  }

  @Test func `a new token is tried at once`() throws {
    var origin = try Origin(1)
    for second in [0, 1, 6] as [Double] {
      origin.answered(0, .unauthorised, second)
      origin.ended(origin.source(0), .failed(.unauthorised), second)
    }
    origin.wait(0, due: 60)
    #expect(origin.turns(30) == [])
    origin.governor.renewed(at: at(30))
    #expect(origin.turns(30) == [0])
  }

  @Test func `discovery may test the token too`() throws {
    var origin = try Origin()
    origin.answered(0, .unauthorised, 0)
    #expect(origin.governor.admitDiscovery(at: at(0.9))?.until == at(1))
    #expect(origin.governor.admitDiscovery(at: at(1)) == nil)
    origin.wait(1)
    #expect(origin.turns(2) == [])
    origin.governor.answered(.discovery, .unauthorised, at: at(2))
    #expect(origin.governor.suspension(at: at(2))?.until == at(7))
  }

  @Test func `a source that was accepted in between counts as new when it is refused again`() throws {
    var origin = try Origin()
    origin.answered(0, .unauthorised, 0)
    origin.answered(1, nil, 0.5)
    origin.answered(0, nil, 1)
    origin.answered(0, .unauthorised, 2)
    #expect(origin.governor.suspension(at: at(2)) != nil)
  }

  // MARK: Discovery

  @Test func `lets discovery look after a pause, which a hint shortens to a second`() throws {
    var origin = try Origin()
    #expect(origin.due(.discovery) == 0)
    origin.ended(.discovery, .complete, 3, minimumPause: .seconds(10))
    #expect(origin.due(.discovery) == 13)
    var isNews = origin.governor.hintDiscovery()
    #expect(isNews)
    isNews = origin.governor.hintDiscovery()
    #expect(!isNews)
    #expect(origin.due(.discovery) == 4)
    #expect(origin.governor.admitDiscovery(at: at(4)) == nil)
    origin.ended(.discovery, .complete, 5, minimumPause: .seconds(10))
    #expect(origin.due(.discovery) == 15)
    isNews = origin.governor.hintDiscovery()
    #expect(isNews)
  }

  @Test func `delays discovery after a failure, despite any hints, until the token is accepted again`() throws {
    var origin = try Origin()
    origin.governor.answered(.discovery, .unauthorised, at: at(3))
    origin.ended(.discovery, .failed(.unauthorised), 3)
    #expect(origin.due(.discovery) == 4)
    origin.governor.answered(.discovery, .unauthorised, at: at(4))
    origin.ended(.discovery, .failed(.unauthorised), 4)
    _ = origin.governor.hintDiscovery()
    #expect(origin.due(.discovery) == 9)
    origin.governor.renewed(at: at(6))
    #expect(origin.due(.discovery) == 6)
    origin.ended(.discovery, .failed(.unavailable(status: 400, retryAfter: nil)), 6)
    #expect(origin.due(.discovery).map { $0 > 60 } == true)
    // Discovery that may not begin waits as long as it must, but at least a second.
    origin.governor.postponeDiscovery(until: at(7.1), at: at(7))
    #expect(origin.due(.discovery) == 8)
  }

  @Test func `lets discovery look as soon as the token is accepted, however briefly it was refused`() throws {
    var origin = try Origin()
    origin.answered(0, .unauthorised, 0)
    origin.wait(0, due: 1)
    #expect(origin.turns(1) == [0])
    let refusal = origin.governor.admitDiscovery(at: at(1))
    let suspension = try #require(refusal)
    origin.governor.postponeDiscovery(until: suspension.until, at: at(1))
    #expect(origin.due(.discovery) == 21)
    origin.answered(0, nil, 1.1)
    #expect(origin.due(.discovery) == 1.1)
  }

  @Test func `a list of many pages leaves seven eighths of the requests to polls`() throws {
    var origin = try Origin(requestsPerSecond: 10)
    for pages in [100, 1] {
      #expect(origin.governor.admitDiscovery(at: at(0)) == nil)
      let before = origin.governor.usualDiscoveryPause
      for _ in 0..<pages { origin.governor.sendListRequest() }
      // While the next list is being read, lateness is judged by the requests of the last one.
      #expect(origin.governor.usualDiscoveryPause == before)
      origin.ended(.discovery, .complete, 1, minimumPause: .seconds(2))
      origin.governor.withBudget { $0.add(RequestBudget.Load(pages: 1)) }
      #expect(origin.due(.discovery) == (pages == 1 ? 3 : 81))
      #expect(origin.governor.usualDiscoveryPause == .milliseconds(pages * 800))
    }
  }

  // MARK: What fails

  @Test func `logs each reason once, and the recovery once`() throws {
    var origin = try Origin()
    let failure = ScanFailure.unavailable(status: 500, retryAfter: nil)
    let (first, second) = (origin.source(0), origin.source(1))
    #expect(origin.ended(first, .failed(failure), 0) == .failing(first, failure))
    #expect(origin.ended(second, .failed(failure), 0) == nil)
    #expect(origin.ended(.discovery, .failed(failure), 0) == .failing(.discovery, failure))
    #expect(origin.ended(second, .failed(.malformed(reason: "x")), 1) == .failing(second, .malformed(reason: "x")))
    #expect(origin.governor.problem(second) == .failed(.malformed(reason: "x")))
    #expect(origin.ended(first, .complete, 2) == nil)
    #expect(origin.ended(.discovery, .complete, 2) == .recovered(.discovery))
    #expect(origin.governor.remove(second) == .recovered(second))
    #expect(origin.governor.totals.failures == 3 && origin.governor.totals.discoveryFailures == 1)
  }

  @Test func `a failure is followed by a back-off, and a permanent one by a minute`() throws {
    var origin = try Origin(2)
    for number in 0..<8 {
      origin.ended(origin.source(0), .failed(.unreachable(reason: "x")), 100)
      let wait = try #require(origin.due(0)) - 100
      #expect(wait >= 1 && wait <= max(1, min(60, 0.5 * Double(1 << number))))
    }
    origin.ended(origin.source(1), .failed(.unavailable(status: 405, retryAfter: nil)), 100)
    #expect(origin.due(1) == 160)
    origin.ended(origin.source(0), .complete, 101)
    #expect(origin.due(0) == 102 || origin.due(0).map { $0 > 102 } == true)
  }

  @Test func `look-ups that can wait are not sent while the origin throttles or is closed`() throws {
    var origin = try Origin(1, requestsPerSecond: 10)
    #expect(origin.governor.admitQuestion(isUrgent: false, at: at(0)) == .now)
    #expect(origin.governor.admitQuestion(isUrgent: false, at: at(0)) == .now)
    #expect(origin.governor.admitQuestion(isUrgent: false, at: at(0)) == .at(at(0.1)))
    #expect(origin.governor.admitQuestion(isUrgent: true, at: at(0)) == .now)
    origin.governor.heed(.failure(.throttled(retryAfter: nil)), at: at(0))
    #expect(origin.governor.admitQuestion(isUrgent: true, at: at(10)) == .never)
  }
}

private func at(_ seconds: Double) -> Timestamp { Timestamp(milliseconds: Int64(seconds * 1000)) }
