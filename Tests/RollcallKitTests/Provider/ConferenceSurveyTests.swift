import RollcallCore
import RollcallTestKit
import Testing

@testable import RollcallKit

@Suite(.timeLimit(.minutes(5))) struct `A survey of a provider` {
  private typealias Answer = SurveyedSpace.Answer

  /// Returns two people, one of whom is muted after 10 s.
  private static func people(_ milliseconds: Int, dates: Bool = true) -> [FakePerson] {
    var (old, new) = (FakePerson("b", created: 1), FakePerson("a", created: 2))
    new.muted = milliseconds > 10_000
    if dates { new.updated = new.muted ? 12 : 2 }
    return [new, old]
  }

  private static func tag(_ people: [FakePerson]) -> String {
    "\"\(FNV1a.digest(people.flatMap { Array($0.row(conference: "c").utf8) }))\""
  }

  private static func survey(
    _ origin: String = "https://example.signalwire.com", every interval: Duration = .seconds(2),
    _ change: @escaping @Sendable (SurveyedSpace.Question, inout SurveyedSpace.Answer) -> Void
  ) throws -> ProviderSurvey {
    let space = SurveyedSpace { question in
      var answer = Answer(people(question.at))
      change(question, &answer)
      return answer
    }
    return try #require(space.survey(origin, every: interval))
  }

  @Test func `requests each list, and its first page once more`() throws {
    let found = try Self.survey { _, _ in }
    #expect(found.end == .timeOver && found.length < .seconds(30) && found.length > .seconds(28))
    #expect(found.list.lists == 15 && found.wire.requests == 30 && found.list.changed == 1)
    #expect(found.list.people == 2...2 && found.failedLists == 0)
    #expect(found.wire.versions == [HTTPVersion(2)] && found.isEncrypted && found.pageSizeAsked == 1000)
    #expect(found.wire.roundTrips.percentile(50) == .milliseconds(40))
    #expect(found.listTimes.count == 15)
    #expect(found.wire.tags.given == 0 && found.wire.gzip.asked == 30 && found.wire.gzip.given == 0)
  }

  // MARK: ETag

  @Test func `detects tags that are honoured`() throws {
    let found = try Self.survey { $1.headers["etag"] = Self.tag($1.people) }
    let tags = found.wire.tags
    #expect(tags.conditional == 8 && tags.notModified == 8 && tags.isHonoured)
    #expect(tags.given == tags.pages && tags.pages == 22 && tags.weak == 0)
    #expect(tags.notModifiedBytes == SurveyedSpace.headerBytes)
    #expect(found.unchangedBytes == SurveyedSpace.headerBytes)
    #expect(IntervalAdvice(found)?.reason == .nothingAgainst)
    #expect(IntervalAdvice(found)?.interval == .seconds(1))
  }

  @Test func `detects tags that are wrong`() throws {
    let tags = try Self.survey { $1.headers["etag"] = "W/\"1\"" }.wire.tags
    #expect(tags.contradicted == 1 && !tags.isHonoured && tags.weak == tags.given)
  }

  @Test func `detects that conditions are ignored`() throws {
    let found = try Self.survey {
      $1.headers["etag"] = Self.tag($1.people)
      $1.honoursTags = false
    }
    #expect(found.wire.tags.ignored == 8 && found.wire.tags.notModified == 0 && !found.wire.tags.isHonoured)
    #expect(found.unchangedBytes == found.listBytes)
  }

  @Test func `detects tags that are new each time`() throws {
    let tags = try Self.survey { $1.headers["etag"] = "\"\($0.number)\"" }.wire.tags
    #expect(tags.renewed == 28 && tags.notModified == 0 && tags.ignored == 0 && tags.contradicted == 0)
  }

  @Test(
    arguments: [
      // Two servers behind one address, each with a tag of its own; only some replies have a tag, or one to send back.
      { $0.number / 3 % 2 == 0 ? "\"a\"" : "\"b\"" }, { $0.number / 4 % 2 == 0 ? "\"a\"" : nil },
      { $0.number / 4 % 2 == 0 ? "\"a\"" : "a" },
    ] as [@Sendable (SurveyedSpace.Question) -> String?])
  func `does not rely on tags that save only some lists`(tag: @Sendable @escaping (SurveyedSpace.Question) -> String?)
    throws
  {
    let found = try Self.survey {
      $1.people = Self.people(0)
      $1.headers["etag"] = tag($0)
    }
    let tags = found.wire.tags
    #expect(tags.notModified > 0 && tags.ignored == 0 && !tags.isHonoured)
    #expect(tags.renewed > 0 || tags.given < tags.pages || tags.unusable > 0)
    #expect(found.unchangedBytes == found.listBytes)
  }

  @Test func `detects tags that are honoured in an empty room`() throws {
    let space = SurveyedSpace { _ in
      var answer = Answer([])
      answer.headers["etag"] = "\"empty\""
      return answer
    }
    let tags = try #require(space.survey()).wire.tags
    #expect(tags.conditional == 8 && tags.notModified == 8 && tags.isHonoured)
  }

  @Test(arguments: ["no quotes", "\"" + String(repeating: "x", count: 60_000) + "\""])
  func `detects tags that cannot be sent back`(tag: String) throws {
    let tags = try Self.survey { $1.headers["etag"] = tag }.wire.tags
    #expect(tags.unusable == 30 && tags.given == 30 && tags.conditional == 0 && tags.longest == tag.utf8.count)
  }

  // MARK: gzip

  @Test func `counts gzip as repeatable although its time differs`() throws {
    let found = try Self.survey { question, answer in
      answer.gzip = { GzipMaker.stored($0, time: UInt32(question.number)) }
    }
    let gzip = found.wire.gzip
    #expect(gzip.given == 30 && gzip.compared == 28 && gzip.repeated == 28)
  }

  @Test func `detects gzip that is not repeatable`() throws {
    let found = try Self.survey { question, answer in
      answer.gzip = { page in
        var bytes = GzipMaker.stored(page)
        bytes[9] = UInt8(question.number)
        return bytes
      }
    }
    #expect(found.wire.gzip.compared == 28 && found.wire.gzip.repeated == 0)
  }

  @Test func `does not request gzip without TLS`() throws {
    let found = try Self.survey("http://127.0.0.1:1") { $1.gzip = { GzipMaker.stored($0) } }
    #expect(found.wire.gzip.asked == 0 && !found.isEncrypted && found.list.lists == 15)
  }

  // MARK: The list

  @Test func `recognises the order, and the places that change`() throws {
    let newest = try Self.survey { _, _ in }.list.order
    #expect(newest.order == .newestFirst && newest.reordered == 0 && newest.isKnown)
    let turned = try Self.survey { if $0.at > 20_000 { $1.people.reverse() } }.list.order
    #expect(turned.order == nil && turned.reordered == 1)
    let alone = try Self.survey { $1.people.removeLast() }.list.order
    #expect(alone.order == nil && !alone.isKnown && alone.reordered == 0)
  }

  @Test func `detects whether dates move with changes`() throws {
    let moving = try Self.survey { _, _ in }.list.dates
    #expect(moving.changes == 1 && moving.moved == 1 && moving.movedAlone == 0)
    let still = try Self.survey { $1.people = Self.people($0.at, dates: false) }.list.dates
    #expect(still.changes == 1 && still.moved == 0 && still.still == 1)
    let back = try Self.survey { if $0.at > 10_000 { $1.people[0].updated = 1 } }.list.dates
    #expect(back.changes == 1 && back.backward == 1)
    let restless = try Self.survey { $1.people[1].updated = $0.at / 1000 }.list.dates
    #expect(restless.movedAlone >= 14 && restless.changes == 1)
    let dateless = try Self.survey { for row in $1.people.indices { $1.people[row].hasDates = false } }.list.dates
    #expect(dateless.unreadable == dateless.rows && dateless.rows == 4)
  }

  @Test func `does not expect two changes in one second to have different dates`() throws {
    let dates = try Self.survey(every: .milliseconds(500)) {
      // Looks are at 10.0, 10.5 and 11.0 seconds.
      $1.people[0].muted = $0.at > 10_200
      $1.people[0].hold = $0.at > 10_700
      $1.people[0].updated = $0.at > 10_200 ? 12 : 2
    }.list.dates
    #expect(dates.changes == 1 && dates.moved == 1 && dates.still == 0)
  }

  @Test func `compares the sizes of the same list before and after inflating`() throws {
    let found = try Self.survey {
      if $0.at < 6000 { $1.people += [FakePerson("c", created: 0)] }
    }
    #expect(found.listBytes == found.list.bytes + SurveyedSpace.headerBytes && found.list.people == 2...3)
  }

  @Test func `detects which statuses there are, and whether they are live`() throws {
    let live = try Self.survey { $1.people[0].status = "ringing" }.list.statuses
    #expect(live.areLive && live.most == ["ringing": 1, "in-progress": 1])
    let dead = try Self.survey {
      $1.people[0].status = "completed"
      $1.people[1].status = nil
    }.list.statuses
    #expect(!dead.areLive && dead.most == ["completed": 1, "(none)": 1])
    let odd = try Self.survey { $1.people[0].status = "+12025550101" }.list.statuses
    #expect(odd.most == ["(other)": 1, "in-progress": 1])
  }

  @Test func `detects whether pages have the requested size`() throws {
    let silent = try Self.survey { _, _ in }.list.pageSize
    #expect(silent.isHonoured(asked: 1000) == nil && silent.largest == 2)
    #expect(try Self.survey { $1.pageSize = 1000 }.list.pageSize.isHonoured(asked: 1000) == true)
    let other = try Self.survey { $1.pageSize = 50 }.list.pageSize
    #expect(other.isHonoured(asked: 1000) == false && other.said == 50)
    let ignored = try Self.survey { question, answer in
      answer.pageSize = 1000
      let isSecond = question.query.contains("PageToken=PA1")
      answer.people = [answer.people[isSecond ? 1 : 0]]
      if !isSecond { answer.next = "\(SurveyedSpace.path)?PageToken=PA1" }
    }
    #expect(ignored.list.pageSize.isHonoured(asked: 1000) == false && ignored.list.pageSize.largestFollowed == 1)
    #expect(ignored.list.pages == 2 && ignored.list.people == 2...2 && ignored.list.lists == 15)
    #expect(ignored.wire.requests == 45)
  }

  @Test func `knows that a provider may determine the page size`() throws {
    let space = SurveyedSpace { Answer(Self.people($0.at)) }
    #expect(try #require(space.survey("https://api.telnyx.com")).pageSizeAsked == nil)
  }

  // MARK: The clock

  private static func date(_ question: SurveyedSpace.Question, ahead milliseconds: Int) -> String {
    // The survey begins at 14:00:00.
    let seconds = (question.at + milliseconds) / 1000
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "Mon, 23 Nov 2026 14:\(two(seconds / 60)):\(two(seconds % 60)) GMT"
  }

  @Test(arguments: [0, 5300, 90_000])
  func `bounds the difference of the clocks`(ahead: Int) throws {
    let clock = try Self.survey(every: .milliseconds(1900)) {
      $1.headers["date"] = Self.date($0, ahead: ahead)
    }.wire.clock
    let bounds = try #require(clock.milliseconds)
    #expect(bounds.least <= ahead && ahead <= bounds.most && bounds.most - bounds.least < 300)
    #expect(!clock.isContradictory && clock.undated == 0)
  }

  @Test func `detects dates that contradict each other, and missing ones`() throws {
    let clock = try Self.survey { $1.headers["date"] = Self.date($0, ahead: $0.number.isMultiple(of: 2) ? 0 : 9000) }
      .wire
      .clock
    #expect(clock.isContradictory)
    let bounds = try #require(clock.milliseconds)
    #expect(bounds.least <= 0 && bounds.most >= 9000)
    let none = try Self.survey { _, _ in }.wire.clock
    #expect(none.milliseconds == nil && none.undated == 30)
  }

  // MARK: Limits and ends

  @Test func `respects throttling, and reports the headers about it`() throws {
    let found = try Self.survey {
      $1.headers = ["x-ratelimit-limit": "100", "x-ratelimit-remaining": "\(90 - $0.number)", "x-quota": "7"]
      if $0.number == 4 { $1 = Answer(status: 429, headers: ["retry-after": "5"]) }
    }
    #expect(found.wire.limits.throttled == 1 && found.wire.limits.limit == 100)
    #expect(found.wire.limits.headers.keys.sorted() == ["retry-after", "x-ratelimit-limit", "x-ratelimit-remaining"])
    // Looks were also due during the pause of 5 s.
    #expect(found.failedLists == 1 && found.looks == found.list.lists + 1 && found.looks < 15 && found.end == .timeOver)
    #expect(found.failures.map(\.count) == [1])
    #expect(IntervalAdvice(found)?.interval == .seconds(5) && IntervalAdvice(found)?.reason == .throttled)
  }

  @Test func `suggests at least the usual interval if a shorter one was throttled`() throws {
    let found = try Self.survey(every: .milliseconds(200)) {
      if $0.number == 4 { $1 = Answer(status: 429, headers: ["retry-after": "1"]) }
    }
    #expect(IntervalAdvice(found)?.interval == .seconds(2) && IntervalAdvice(found)?.reason == .throttled)
  }

  @Test func `ends at once if the provider demands a pause beyond the end`() throws {
    let found = try Self.survey {
      if $0.number >= 4 { $1 = Answer(status: 429, headers: ["retry-after": "600"]) }
    }
    #expect(found.end == .paused && found.length < .seconds(5) && found.list.lists == 2)
  }

  @Test(arguments: [401, 403])
  func `ends with a refusal if the provider refuses access until the end`(status: Int) throws {
    let space = SurveyedSpace { $0.number >= 4 ? Answer(status: status) : Answer(Self.people($0.at)) }
    let found = try #require(space.survey(for: .seconds(10)))
    #expect(found.end == .refused && found.list.lists == 2 && found.failedLists == 2)
    #expect(found.failures.map(\.failure.isRefusal) == [true])
  }

  @Test(arguments: [401, 403])
  func `succeeds if the provider refused access only for a while`(status: Int) throws {
    let space = SurveyedSpace { $0.number == 4 ? Answer(status: status) : Answer(Self.people($0.at)) }
    #expect(try #require(space.survey()).end == .timeOver)
  }

  @Test func `does not count a failure of its additional request as a failed list`() throws {
    let found = try Self.survey {
      if $0.number == 5 { $1 = Answer(status: 500) }
    }
    #expect(found.failedLists == 0 && found.failedRepeats == 1 && found.list.lists == found.looks)
    #expect(found.failures.map(\.words) == ["the provider answered 500"])
    #expect(IntervalAdvice(found)?.reason == .nothingAgainst)
  }

  @Test func `respects throttling of its additional request`() throws {
    let found = try Self.survey {
      if $0.number == 5 { $1 = Answer(status: 429, headers: ["retry-after": "600"]) }
    }
    #expect(found.end == .paused && found.failedRepeats == 1 && found.list.lists == 3)
  }

  @Test(arguments: [
    "could not connect to example.signalwire.com port 443", "could not connect to https://example.signalwire.com",
    "the reply from example.signalwire.com is longer than 1 bytes; example.signalwire.com is wrong",
  ])
  func `describes failures without naming the host`(text: String) {
    let words = Space(origin: "https://example.signalwire.com", project: "p").withoutHost(text)
    #expect(!words.contains(bytesOf: "example") && words.contains(bytesOf: "the provider") && words != text)
  }

  @Test func `ends with the conference`() throws {
    let space = SurveyedSpace(conference: "completed") { Answer($0.at > 9000 ? [] : Self.people($0.at)) }
    let found = try #require(space.survey())
    #expect(found.end == .conferenceEnded && found.length < .seconds(11) && found.list.people == 0...2)
    let missing = SurveyedSpace(conference: "completed") {
      $0.at > 9000 ? Answer(status: 404) : Answer(Self.people($0.at))
    }
    #expect(try #require(missing.survey()).end == .conferenceEnded)
  }

  @Test func `continues in an empty room`() throws {
    let found = try #require(SurveyedSpace { _ in Answer([]) }.survey())
    #expect(found.end == .timeOver && found.list.people == 0...0 && found.list.lists == 15)
    #expect(found.list.statuses.most.isEmpty)
  }

  @Test func `gives up if no list can be read`() throws {
    let found = try #require(SurveyedSpace { _ in Answer(status: 500) }.survey())
    #expect(found.end == .failing && found.failedLists == 3 && found.list.lists == 0)
    #expect(IntervalAdvice(found) == nil)
  }

  @Test func `keeps its findings when it is cancelled`() throws {
    let space = SurveyedSpace { Answer(Self.people($0.at)) }
    let found = try #require(space.survey(cancelling: .milliseconds(7020)))
    #expect(found.end == .interrupted && found.list.lists == 4 && found.failedLists == 0)
    let waiting = SurveyedSpace(delay: .seconds(3)) { Answer(Self.people($0.at)) }
    let cut = try #require(waiting.survey(cancelling: .seconds(7)))
    #expect(cut.end == .interrupted && cut.failedLists == 0)
  }

  // MARK: Advice

  @Test(arguments: [
    (10, 40, Duration.seconds(1), IntervalAdvice.Reason.nothingAgainst),
    (10, 600, .seconds(5), .listTime(.milliseconds(607))),
  ])
  func `suggests an interval`(count: Int, delay: Int, interval: Duration, reason: IntervalAdvice.Reason) throws {
    let people = (0..<count).map { FakePerson("p\($0)", created: $0) }
    let found = try #require(SurveyedSpace(delay: .milliseconds(delay)) { _ in Answer(people) }.survey())
    #expect(IntervalAdvice(found)?.interval == interval && IntervalAdvice(found)?.reason == reason)
  }

  @Test(arguments: [(5, 1, Duration.seconds(5)), (2, 1, .seconds(1)), (2, 2, .seconds(2)), (60, 1, .seconds(30))])
  func `suggests no more requests than it has made`(seconds: Int, pages: Int, interval: Duration) throws {
    let space = SurveyedSpace { question in
      let isSecond = question.query.contains("PageToken=PA1")
      var answer = Answer([Self.people(0)[isSecond ? 1 : 0]])
      if pages == 2, !isSecond { answer.next = "\(SurveyedSpace.path)?PageToken=PA1" }
      return answer
    }
    let found = try #require(space.survey(every: .seconds(seconds), for: .seconds(300)))
    #expect(found.list.pages == pages && found.requestsPerLook == pages + 1)
    let advice = try #require(IntervalAdvice(found))
    #expect(advice.interval == interval)
    #expect(advice.reason == (interval > .seconds(1) ? .untried : .nothingAgainst))
  }

  @Test(arguments: [(60, Duration.seconds(2)), (1000, .seconds(5))])
  func `suggests longer intervals if an unchanged list is expensive`(count: Int, interval: Duration) throws {
    let people = (0..<count).map { FakePerson("p\($0)", created: $0) }
    let found = try #require(SurveyedSpace { _ in Answer(people) }.survey())
    let advice = try #require(IntervalAdvice(found))
    #expect(advice.interval == interval && advice.reason == .bytes(found.listBytes))
  }
}
