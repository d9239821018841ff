import Testing

@testable import RollcallCore

@Suite struct `A survey of replies` {
  /// A reply with these headers, and the milliseconds of 1970 in which it arrived as soon as it was asked for.
  private static func survey(_ replies: [(at: Int64, headers: [String: String])]) -> WireSurvey {
    var survey = WireSurvey()
    for reply in replies {
      let time = Timestamp(milliseconds: reply.at)
      let request = HTTPRequest(url: Secret("https://example.com"), limits: .list)
      let response = HTTPResponse(status: 200, headers: reply.headers, body: .bytes(PaddedBytes([])))
      survey.take(
        WireExchange(request: request, response: response, sent: time, received: time, roundTrip: .zero), nil,
        since: nil)
    }
    return survey
  }

  @Test(arguments: [(9900, false, 0), (9899, true, -1000)] as [(Int64, Bool, Int64)])
  func `attributes dates that differ by a tenth of a second to one clock`(
    first: Int64, isContradictory: Bool, least: Int64
  ) throws {
    let date = ["date": "Thu, 01 Jan 1970 00:00:10 GMT"]
    let clock = Self.survey([(first, date), (11_000, date)]).clock
    let bounds = try #require(clock.milliseconds)
    #expect(clock.isContradictory == isContradictory && bounds.least == least && bounds.most >= 10_000 - first)
  }

  @Test func `finds no contradiction without a date`() {
    #expect(!Self.survey([(0, [:])]).clock.isContradictory)
  }

  /// The headers of two limits, the second of which is for short bursts.
  private static func limits(_ remaining: Int, _ burst: Int) -> [String: String] {
    [
      "x-ratelimit-limit": "3000", "x-ratelimit-remaining": "\(remaining)", "x-ratelimit-burst-limit": "20",
      "x-ratelimit-burst-remaining": "\(burst)",
    ]
  }

  @Test(arguments: [(2990, 19, 20, 19, false), (2990, 1, 20, 1, true), (200, 19, 3000, 200, true)])
  func `compares a limit with what remained of the same limit`(
    remaining: Int, burst: Int, limit: Int, least: Int, isNear: Bool
  ) {
    let limits = Self.survey([(0, Self.limits(remaining, burst)), (1, Self.limits(3000, 20))]).limits
    #expect(limits.limit == limit && limits.leastRemaining == least && limits.isNear == isNear)
  }

  @Test func `does not compare headers of different limits`() {
    let limits = Self.survey([(0, ["x-ratelimit-limit": "3000", "x-ratelimit-burst-remaining": "3"])]).limits
    #expect(!limits.isNear && (limits.limit == nil) != (limits.leastRemaining == nil))
  }

  @Test func `keeps the same headers each time if there are too many`() {
    let names = (10..<40).map { "x-ratelimit-\($0)" }
    let limits = Self.survey([(0, Dictionary(names.map { ($0, "1") }) { one, _ in one })]).limits
    #expect(limits.headers.keys.sorted() == Array(names.prefix(HTTPResponse.maximumLimitHeaders)))
  }
}
