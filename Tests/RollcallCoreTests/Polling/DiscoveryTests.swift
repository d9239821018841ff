import RollcallCore
import Testing

@Suite struct `Discovery of conferences` {
  /// A discovery reducer with the times that a loop would pass to it.
  private struct Search {
    var discovery: ConferenceDiscovery

    init(
      _ selection: ConferenceSelection, waits: Bool = false, scansOnce: Bool = false,
      known: [ConferenceDiscovery.Candidate] = [], saved: SavedDiscovery? = nil
    ) {
      discovery = ConferenceDiscovery(
        selection, interval: .seconds(2), waits: waits, scansOnce: scansOnce, known: known, saved: saved)
    }

    /// How often the absence of conferences was shown; the returned actions leave this out.
    var toldOfNone = 0

    /// Gives one complete answer, requested `seconds` after the start.
    mutating func answer(
      at seconds: Int64, _ candidates: ConferenceDiscovery.Candidate..., lasting length: Int64 = 0
    ) -> [ConferenceDiscovery.Action] {
      discovery.begin(at: Timestamp(milliseconds: seconds * 1000), after: .seconds(seconds))
      let actions = discovery.answered(candidates, after: .seconds(seconds + length))
      toldOfNone += actions.count { $0 == .showNoConference }
      return actions.filter { $0 != .showNoConference }
    }

    mutating func fail(at seconds: Int64, _ failure: ScanFailure, isRefused: Bool = false) -> [ConferenceDiscovery
      .Action]
    {
      discovery.begin(at: Timestamp(milliseconds: seconds * 1000), after: .seconds(seconds))
      return discovery.failed(failure, after: .seconds(seconds), isRefused: isRefused)
    }

    mutating func leave(_ candidate: ConferenceDiscovery.Candidate, _ fate: PollOutcome) -> [ConferenceDiscovery.Action]
    {
      discovery.pollingEnded(candidate.sid, fate)
    }
  }

  private let sales: ConferenceDiscovery.Candidate
  private let moreSales: ConferenceDiscovery.Candidate
  private let support: ConferenceDiscovery.Candidate

  init() throws {
    func candidate(_ sid: String, _ name: String) throws -> ConferenceDiscovery.Candidate {
      ConferenceDiscovery.Candidate(sid: try #require(ConferenceSID(sid)), friendlyName: name, status: "in-progress")
    }
    sales = try candidate("a", "Sales")
    moreSales = try candidate("b", "Sales")
    support = try candidate("c", "Support")
  }

  private func found(_ candidate: ConferenceDiscovery.Candidate, _ origin: ConferenceTracker.Origin)
    -> ConferenceDiscovery.Action
  {
    .watch(candidate.sid, friendlyName: candidate.friendlyName, origin)
  }

  @Test func `conferences in the first answer existed before, and later ones began after the previous answer`() {
    var search = Search(.named("Sales"))
    #expect(search.answer(at: 0, sales, support) == [found(sales, .foundAtStart), .askAgain])
    #expect(search.discovery.pause == .seconds(10))
    #expect(search.answer(at: 10, sales) == [.askAgain])
    #expect(search.discovery.pause == .seconds(10))
    #expect(search.fail(at: 20, .malformed(reason: "x")) == [.askAgain])
    let origin = ConferenceTracker.Origin.foundLater(after: Timestamp(milliseconds: 10_000))
    #expect(search.answer(at: 21, moreSales, sales) == [found(moreSales, origin), .askAgain])
    #expect(search.discovery.pause == .seconds(10))
  }

  @Test func `conferences missing in an earlier run's answer began since then, and the others keep their origin`() {
    let asked = Timestamp(milliseconds: -60_000)
    let found = Timestamp(milliseconds: -90_000)
    let saved = SavedDiscovery(question: "all", askedAt: asked, unscanned: [sales.sid: nil, support.sid: found])
    var search = Search(.all, saved: saved)
    #expect(
      search.answer(at: 0, sales, moreSales, support) == [
        self.found(sales, .foundAtStart), self.found(moreSales, .foundLater(after: asked)),
        self.found(support, .foundLater(after: found)), .askAgain,
      ])
    #expect(search.discovery.pause == .seconds(2))
    // Later answers are compared with those of this run.
    var other = Search(.all, saved: saved)
    #expect(other.answer(at: 0) == [.askAgain])
    #expect(other.discovery.pause == .seconds(2))
    let first = ConferenceTracker.Origin.foundLater(after: Timestamp(milliseconds: 0))
    #expect(other.answer(at: 2, sales) == [self.found(sales, first), .askAgain])
    #expect(other.discovery.pause == .seconds(2))
  }

  @Test func `a saved answer survives a round trip`() throws {
    let asked = Timestamp(milliseconds: 1_795_442_400_000)
    for unscanned: [ConferenceSID: Timestamp?] in [
      [:], [sales.sid: nil], [sales.sid: asked, moreSales.sid: nil, support.sid: Timestamp(milliseconds: -5)],
    ] {
      let answer = SavedDiscovery(question: "all", askedAt: asked, unscanned: unscanned)
      let text = answer.unscannedText
      #expect(SavedDiscovery(question: "all", askedAt: asked, unscannedText: text) == answer)
    }
    for text in ["", "[]", "{\"a b\":null}", "{\"a\":\"1\"}", "{\"a\":true}", "{"] {
      #expect(SavedDiscovery(question: "all", askedAt: asked, unscannedText: Array(text.utf8)) == nil, "\(text)")
    }
  }

  @Test func `each question is saved in a form of its own, without redacted names`() throws {
    let shard = try #require(Shard(1, of: 3))
    let hidden = Redaction([.friendlyName], key: Array("0123456789abcdef".utf8))
    let selections = [ConferenceSelection.all, .named("Sales"), .matching(Glob("Sales")), .named("all")]
    let questions = selections.flatMap { selection in
      [nil, shard].flatMap { shard in
        [nil, hidden].map { selection.question(shard: shard, redaction: $0) }
      }
    }
    // The question about all conferences contains no name.
    #expect(Set(questions).count == questions.count - 2)
    #expect(questions.prefix(3) == ["all", "all", "all shard 1/3"])
    #expect(ConferenceSelection.named("Sales").question(shard: nil, redaction: nil) == "name Sales")
    #expect(!ConferenceSelection.named("Sales").question(shard: nil, redaction: hidden).contains("Sales"))
  }

  @Test func `a conference missing in an answer is still watched, and not found again`() {
    var search = Search(.named("Sales"))
    _ = search.answer(at: 0, sales)
    #expect(search.answer(at: 10) == [.askAgain])
    #expect(search.discovery.pause == .seconds(10))
    #expect(search.answer(at: 20, sales) == [.askAgain])
    #expect(search.discovery.pause == .seconds(10))
    #expect(search.leave(sales, .ended) == [.finish(.ended)])
  }

  @Test func `all conferences of the name are watched until the last has ended`() {
    var search = Search(.named("Sales"))
    _ = search.answer(at: 0, sales, moreSales)
    #expect(search.leave(sales, .ended) == [])
    #expect(search.answer(at: 10, sales, moreSales) == [.askAgain])
    #expect(search.discovery.pause == .seconds(10))
    #expect(search.leave(moreSales, .ended) == [.finish(.ended)])
  }

  @Test(arguments: [ConferenceSelection.all, .matching(Glob("S*"))])
  func `discovery continues for a glob and for all conferences`(_ selection: ConferenceSelection) {
    var search = Search(selection)
    #expect(search.answer(at: 0) == [.askAgain])
    #expect(search.discovery.pause == .seconds(2))
    let origin = ConferenceTracker.Origin.foundLater(after: Timestamp(milliseconds: 0))
    #expect(
      search.answer(at: 2, sales, support) == [
        found(sales, origin), found(support, origin), .askAgain,
      ])
    #expect(search.discovery.pause == .seconds(2))
    #expect(search.leave(sales, .ended) == [])
    #expect(search.leave(support, .over) == [])
    #expect(search.answer(at: 4, sales, support) == [.askAgain])
    #expect(search.discovery.pause == .seconds(2))
  }

  @Test(arguments: [ConferenceSelection.all, .matching(Glob("S*")), .named("Sales")])
  func `the absence of conferences is shown once, and never after one was found`(_ selection: ConferenceSelection) {
    var search = Search(selection, waits: true)
    for second in 0..<5 { _ = search.answer(at: Int64(second) * 5) }
    #expect(search.toldOfNone == 1)
    var other = Search(selection, waits: true)
    _ = other.answer(at: 0, sales)
    _ = other.leave(sales, .unknown)
    _ = other.answer(at: 5)
    #expect(other.toldOfNone == 0)
  }

  @Test func `an answer without conferences is complete if no conference was named`() {
    var all = Search(.all, scansOnce: true)
    #expect(all.answer(at: 0) == [.finish(.complete)])
    var named = Search(.named("Sales"), scansOnce: true)
    #expect(named.answer(at: 0) == [.finish(.unknown)])
  }

  @Test func `names are matched as a whole, and ended conferences are not found`() {
    var search = Search(.named("Sales"), waits: true)
    var other = sales
    for name in ["sales", "Sales ", "Sale", ""] {
      other.friendlyName = name
      #expect(search.answer(at: 0, other) == [.askAgain])
      #expect(search.discovery.pause == .seconds(2))
    }
    other = sales
    for status in ["completed", "unheard"] {
      other.status = status
      #expect(search.answer(at: 0, other) == [.askAgain])
      #expect(search.discovery.pause == .seconds(2))
    }
    for status in ["", "init", "in-progress"] {
      other.status = status
      var search = search
      #expect(search.answer(at: 1, other).count == 2)
    }
  }

  @Test func `no conference of that name at the start ends the run, unless it waits`() {
    var search = Search(.named("Sales"))
    #expect(search.answer(at: 0, support) == [.finish(.unknown)])
    search = Search(.named("Sales"), waits: true)
    for hour in 0..<100 as Range<Int64> {
      #expect(search.answer(at: hour * 3600, support) == [.askAgain])
      #expect(search.discovery.pause == .seconds(2))
    }
    search = Search(.named("Sales"), waits: true, scansOnce: true)
    #expect(search.answer(at: 0, support) == [.finish(.complete)])
  }

  @Test(arguments: [false, true])
  func `a single scan that waits is complete without a conference of the name`(_ waits: Bool) {
    for fate in [PollOutcome.over, .unknown] {
      var search = Search(.named("Sales"), waits: waits, scansOnce: true)
      _ = search.answer(at: 0, sales)
      #expect(search.leave(sales, fate) == [.finish(waits ? .complete : .unknown)])
    }
    var all = Search(.all, waits: waits, scansOnce: true)
    _ = all.answer(at: 0, sales)
    #expect(all.leave(sales, .over) == [.finish(.complete)])
  }

  @Test func `an unreachable origin is tried for 30 seconds, or forever if the run waits`() {
    let failure = ScanFailure.unreachable(reason: "no route")
    var search = Search(.named("Sales"))
    for second in 0..<30 as Range<Int64> {
      #expect(search.fail(at: second, failure) == [.askAgain])
    }
    #expect(search.fail(at: 30, failure) == [.finish(.failed(failure))])
    search = Search(.named("Sales"), waits: true)
    #expect(search.fail(at: 86_400, failure) == [.askAgain])
  }

  @Test(arguments: [ScanFailure.unauthorised, .forbidden])
  func `a token refused twice ends the run only at the start`(_ failure: ScanFailure) {
    var search = Search(.named("Sales"))
    #expect(search.fail(at: 0, failure) == [.askAgain])
    #expect(search.fail(at: 1, failure, isRefused: true) == [.finish(.failed(failure))])
    search = Search(.named("Sales"))
    _ = search.answer(at: 0, sales)
    #expect(search.fail(at: 100, failure, isRefused: true) == [.askAgain])
  }

  @Test func `a refused token is still tried if a room is saved or the run waits`() {
    for search in [Search(.named("Sales"), waits: true), Search(.named("Sales"), known: [sales])] {
      var search = search
      _ = search.discovery.start()
      #expect(search.fail(at: 1, .unauthorised, isRefused: true) == [.askAgain])
      #expect(search.discovery.startDeadline == nil)
      #expect(search.fail(at: 86_400, .unauthorised, isRefused: true) == [.askAgain])
    }
    var once = Search(.named("Sales"), waits: true, scansOnce: true)
    #expect(once.fail(at: 1, .unauthorised, isRefused: true) == [.finish(.failed(.unauthorised))])
  }

  @Test(arguments: [400, 405])
  func `a permanent failure ends the run only at the start`(_ status: Int) {
    let failure = ScanFailure.unavailable(status: status, retryAfter: nil)
    var search = Search(.named("Sales"), waits: true)
    #expect(search.fail(at: 0, failure) == [.finish(.failed(failure))])
    search = Search(.named("Sales"))
    _ = search.answer(at: 0, sales)
    #expect(search.fail(at: 100, failure) == [.askAgain])
  }

  @Test(arguments: [PollOutcome.over, .unknown])
  func `a conference that ended before it could be watched counts as not found`(_ fate: PollOutcome) {
    var search = Search(.named("Sales"))
    _ = search.answer(at: 0, sales)
    #expect(search.leave(sales, fate) == [.finish(.unknown)])
    search = Search(.named("Sales"), waits: true)
    _ = search.answer(at: 0, sales)
    #expect(search.leave(sales, fate) == [])
    // An ended conference stays ended; an unknown one may still become known.
    #expect(search.answer(at: 10, sales).count == (fate == .over ? 1 : 2))
  }

  @Test func `the run ends after one scan of each conference on request`() {
    var search = Search(.named("Sales"), scansOnce: true)
    #expect(search.answer(at: 0, sales, moreSales) == [found(sales, .foundAtStart), found(moreSales, .foundAtStart)])
    #expect(search.leave(moreSales, .complete) == [])
    #expect(search.leave(sales, .over) == [.finish(.complete)])
  }

  @Test(arguments: [ConferenceSelection.named("Sales"), .matching(Glob("S*")), .all])
  func `a single scan of each comes after a complete answer, also for conferences of the previous run`(
    _ selection: ConferenceSelection
  ) {
    var search = Search(selection, scansOnce: true, known: [sales])
    #expect(search.discovery.start() == [])
    let failure = ScanFailure.unavailable(status: 500, retryAfter: nil)
    #expect(search.fail(at: 0, failure) == [.askAgain])
    #expect(
      search.answer(at: 1, moreSales, sales) == [found(sales, .foundAtStart), found(moreSales, .foundAtStart)])
    #expect(search.leave(sales, .complete) == [])
    #expect(search.leave(moreSales, .complete) == [.finish(.complete)])
    // The conference of the previous run has ended: that is reported, and does not end this run.
    search = Search(selection, scansOnce: true, known: [sales])
    #expect(search.answer(at: 0, moreSales) == [found(sales, .foundAtStart), found(moreSales, .foundAtStart)])
    #expect(search.leave(sales, .ended) == [])
    #expect(search.leave(moreSales, .complete) == [.finish(.complete)])
    // Without an answer nothing is scanned, and the run ends in time.
    search = Search(selection, waits: true, scansOnce: true, known: [sales])
    #expect(search.fail(at: 29, failure) == [.askAgain])
    #expect(search.fail(at: 30, failure) == [.finish(.failed(failure))])
  }

  @Test func `a conference of the previous run is watched at once, and its end does not end the run`() {
    var search = Search(.named("Sales"), known: [sales])
    #expect(search.discovery.start() == [found(sales, .foundAtStart)])
    #expect(search.leave(sales, .ended) == [])
    #expect(
      search.answer(at: 0, sales, moreSales) == [found(moreSales, .foundAtStart), .askAgain])
    #expect(search.discovery.pause == .seconds(10))
    #expect(search.leave(moreSales, .ended) == [.finish(.ended)])
    search = Search(.named("Sales"), waits: true, known: [sales])
    #expect(search.discovery.start() == [found(sales, .foundAtStart)])
    #expect(search.leave(sales, .ended) == [])
    #expect(search.answer(at: 0, support) == [.finish(.ended)])
  }

  @Test func `a conference that cannot be watched ends the run, but not a single scan of the others`() {
    var search = Search(.named("Sales"))
    _ = search.answer(at: 0, sales, moreSales)
    #expect(search.leave(sales, .failed(.notFound)) == [.finish(.failed(.notFound))])
    search = Search(.named("Sales"), scansOnce: true)
    _ = search.answer(at: 0, sales, moreSales)
    #expect(search.leave(sales, .failed(.notFound)) == [])
    #expect(search.leave(moreSales, .complete) == [.finish(.failed(.notFound))])
    search = Search(.named("Sales"), scansOnce: true)
    _ = search.answer(at: 0, sales, moreSales)
    #expect(search.leave(sales, .failed(.unauthorised)) == [.finish(.failed(.unauthorised))])
  }

  @Test func `an answer is late after three pauses, or ten seconds`() {
    var search = Search(.all)
    func health(at seconds: Int64, minimumPause: Duration = .zero) -> ConferenceDiscovery.Health {
      search.discovery.health(after: .seconds(seconds), minimumPause: minimumPause)
    }
    #expect(health(at: 1000) == .unanswered)
    _ = search.answer(at: 20)
    #expect(health(at: 29) == .inTime)
    #expect(health(at: 30) == .late)
    #expect(health(at: 49, minimumPause: .seconds(10)) == .inTime)
    #expect(health(at: 50, minimumPause: .seconds(10)) == .late)
    _ = search.fail(at: 40, .malformed(reason: "x"))
    #expect(health(at: 40) == .late)
    // An answer that takes longer than the pause is late only after three times as long.
    _ = search.answer(at: 50, lasting: 20)
    #expect(health(at: 129) == .inTime)
    #expect(health(at: 130) == .late)
  }

  @Test func `while a conference of an exact name is watched, answers are late after thirty seconds`() {
    var search = Search(.named("Sales"), waits: true)
    _ = search.answer(at: 0)
    #expect(search.discovery.health(after: .seconds(10)) == .late)
    _ = search.answer(at: 11, sales)
    #expect(search.discovery.health(after: .seconds(40)) == .inTime)
    #expect(search.discovery.health(after: .seconds(41)) == .late)
  }

  @Test func `only the latest ended conferences are remembered`() throws {
    var search = Search(.all)
    var candidates: [ConferenceDiscovery.Candidate] = []
    for number in 0...ConferenceDiscovery.maximumOver {
      candidates.append(
        ConferenceDiscovery.Candidate(
          sid: try #require(ConferenceSID("c\(number)")), friendlyName: "", status: "in-progress"))
    }
    _ = search.discovery.answered(candidates, after: .zero)
    for candidate in candidates { _ = search.leave(candidate, .ended) }
    let found = search.discovery.answered(candidates, after: .zero)
    #expect(found.count == 2)
    guard case .watch(candidates[0].sid, nil, _) = found[0] else {
      Issue.record("expected the first conference, got \(found[0])")
      return
    }
  }
}
