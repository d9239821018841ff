import RollcallCore
import RollcallTestKit
import Synchronization
import Testing

@testable import RollcallKit

@Suite(.timeLimit(.minutes(5)))
struct `Discovery that fails` {
  /// The notices shown.
  private final class Notices: Sendable {
    let list = Mutex<[PollNotice]>([])

    var all: [PollNotice] { list.withLock { $0 } }
  }

  /// The ways in which a list of conferences can fail.
  enum Fault: String, CaseIterable, CustomTestStringConvertible {
    case error, forbidden, unknown, throttled, html, withoutList, noConnection

    var testDescription: String { rawValue }

    var reply: HTTPResponse {
      switch self {
      case .error: FakeSpace.reply(500)
      case .forbidden: FakeSpace.reply(403)
      case .unknown: FakeSpace.reply(404, #"{"code":20404}"#)
      case .throttled: FakeSpace.reply(429)
      case .html: FakeSpace.reply(200, "<html>")
      case .withoutList: FakeSpace.reply(200, #"{"participants":[]}"#)
      case .noConnection: FakeSpace.noConnection
      }
    }

    var reason: OutageReason {
      switch self {
      case .error, .unknown, .noConnection: .pollFailed
      case .forbidden: .unauthorised
      case .throttled: .throttled
      case .html, .withoutList: .malformed
      }
    }
  }

  private static let quiet = FakeConference(sid: "c", name: "Sales", people: [FakePerson("a")])

  /// - Parameter lists: returns the reply to a request for the list of conferences at a time in milliseconds; nil for
  ///   the true list.
  private static func run(
    _ notices: Notices = Notices(), _ settings: WatchSettings = WatchSettings(interval: .seconds(2)),
    lists: @escaping @Sendable (Int) -> HTTPResponse?,
    polls: @escaping @Sendable (FakeSpace.Question) -> HTTPResponse? = { _ in nil },
    conferences: @escaping @Sendable (Int) -> [FakeConference] = { _ in [quiet] }
  ) -> WatchedRun {
    var settings = settings
    settings.show = { notice in notices.list.withLock { $0.append(notice) } }
    return WatchedRun(
      settings, fault: { $0.path.hasPrefix("?") ? lists($0.at) : polls($0) }, conferences: conferences)
  }

  /// Watches, and returns the vitals at the given seconds.
  private static func vitals(
    _ run: WatchedRun, _ selection: ConferenceSelection, at seconds: [Int]
  ) -> [WatchVitals] {
    let seen = Mutex<[WatchVitals]>([])
    run.run(for: .seconds(3600)) { run in
      await withTaskGroup(of: Void.self) { group in
        group.addTask { _ = await run.watch.run(selection) }
        let start = run.loop.now
        for second in seconds {
          try? await run.loop.sleep(until: start.advanced(by: .seconds(second)))
          let vitals = await run.watch.vitals()
          seen.withLock { $0.append(vitals) }
        }
        group.cancelAll()
      }
    }
    return seen.withLock { $0 }
  }

  @Test(arguments: Fault.allCases)
  func `is reported once when it begins and once when it recovers, and changes nothing`(_ fault: Fault) throws {
    let notices = Notices()
    let run = Self.run(notices, lists: { (8000..<60_000).contains($0) ? fault.reply : nil })
    _ = run.watch(.all, for: .seconds(200))
    let told = notices.all
    try #require(told.count == 2)
    guard case .origin(.failing(.discovery, let failure), timeLeft: nil) = told[0] else {
      Issue.record("expected a notice about discovery, got \(told[0])")
      return
    }
    #expect(failure.outageReason == fault.reason)
    #expect(told[1] == .origin(.recovered(.discovery)))
    #expect(run.types == ["conference.present", "participant.present", "watch.started"])
  }

  @Test func `is reported again for another reason, but not for a repeated one`() {
    let notices = Notices()
    let run = Self.run(
      notices,
      lists: { now in
        guard (8000..<120_000).contains(now) else { return nil }
        return now / 10_000 % 2 == 0 ? FakeSpace.reply(500) : FakeSpace.reply(200, "<html>")
      })
    _ = run.watch(.all, for: .seconds(300))
    #expect(notices.all.count { if case .origin(.failing(.discovery, _), _) = $0 { true } else { false } } == 2)
    #expect(notices.all.last == .origin(.recovered(.discovery)))
  }

  @Test func `is also reported during the start, as long as the run continues`() {
    let notices = Notices()
    let run = Self.run(notices, lists: { $0 < 10_000 ? FakeSpace.reply(500) : nil })
    _ = run.watch(.all, for: .seconds(60))
    #expect(
      notices.all == [
        .origin(.failing(.discovery, .unavailable(status: 500, retryAfter: nil)), timeLeft: .seconds(30)),
        .origin(.recovered(.discovery)),
      ])
    let refused = Notices()
    #expect(
      Self.run(refused, lists: { _ in FakeSpace.reply(403) }).watch(.all, for: .seconds(60)) == .failed(.forbidden))
    #expect(refused.all.isEmpty)
  }

  @Test func `reports a refused token before any poll has noticed`() {
    let notices = Notices()
    let run = Self.run(
      notices, lists: { (9000..<90_000).contains($0) ? FakeSpace.reply(401) : nil },
      polls: { (10_000..<90_000).contains($0.at) ? FakeSpace.reply(401) : nil })
    _ = run.watch(.all, for: .seconds(200))
    #expect(notices.all.contains(.origin(.failing(.discovery, .unauthorised))))
    #expect(notices.all.contains(.origin(.recovered(.discovery))))
    #expect(run.told("watch.interrupted").count == 1)
  }

  @Test func `is reported beside polls that fail with it`() {
    let notices = Notices()
    let isDown: @Sendable (Int) -> HTTPResponse? = { (8000..<60_000).contains($0) ? FakeSpace.reply(503) : nil }
    let run = Self.run(
      notices, lists: isDown, polls: { isDown($0.at) },
      conferences: { _ in (0..<20).map { FakeConference(sid: "c\($0)", people: [FakePerson("a")]) } })
    _ = run.watch(.all, for: .seconds(200))
    let failing = notices.all.compactMap { if case .origin(.failing(let source, _), _) = $0 { source } else { nil } }
    #expect(failing.count == 2 && failing.contains(.discovery))
    let recovered = notices.all.compactMap { if case .origin(.recovered(let source), _) = $0 { source } else { nil } }
    #expect(recovered.count == 2 && recovered.contains(.discovery))
  }

  @Test func `is counted, in heartbeats as in the vitals`() throws {
    let run = Self.run(
      Notices(), WatchSettings(interval: .seconds(2), heartbeat: .seconds(50)),
      lists: { (8000..<60_000).contains($0) ? FakeSpace.reply(500) : nil })
    let vitals = Self.vitals(run, .all, at: [120])
    // Each look requests two lists, the second only after the first.
    let looks = run.space.questions.filter { (8000..<60_000).contains($0.at) && $0.path.contains("Status=init") }
    let beats = run.told.compactMap { told -> Int? in
      if case .heartbeat(let counts) = told.draft.watch { counts.failures } else { nil }
    }
    #expect(looks.count >= 3)
    #expect(beats.reduce(0, +) == looks.count && beats[0] > 0)
    #expect(vitals.first?.polls.discoveryFailures == looks.count)
    #expect(vitals.first?.polls.failures == 0)
  }

  @Test func `makes the run not ready after three intervals, until it answers again`() {
    let run = Self.run(lists: { (8000..<60_000).contains($0) ? FakeSpace.reply(500) : nil })
    // The last successful look was at 5 s.
    let vitals = Self.vitals(run, .all, at: [1, 19, 21, 59, 130])
    #expect(vitals.map(\.discovery) == [.inTime, .inTime, .late, .late, .inTime])
    #expect(vitals.allSatisfy { $0.isReady && $0.stalled == 0 })
  }

  @Test func `is not ready before its first answer, and is ready after an empty one`() {
    for selection in [ConferenceSelection.all, .named("Sales")] {
      let run = Self.run(
        Notices(), WatchSettings(interval: .seconds(2), waits: true),
        lists: { $0 < 4000 ? FakeSpace.reply(500) : nil }, conferences: { _ in [] })
      let vitals = Self.vitals(run, selection, at: [3, 20, 100])
      #expect(vitals.map(\.discovery) == [.unanswered, .inTime, .inTime])
      #expect(vitals.map(\.isReady) == [false, true, true])
    }
  }

  @Test func `is also late if the origin throttles, although lists are requested less often then`() {
    let run = Self.run(lists: { $0 >= 8000 ? FakeSpace.reply(429) : nil })
    #expect(Self.vitals(run, .all, at: [19, 21, 300]).map(\.discovery) == [.inTime, .late, .late])
  }

  @Test func `a conference removed while its polls fail is forgotten, and the next outage is reported`() {
    let notices = Notices()
    let run = Self.run(
      notices, lists: { _ in nil },
      polls: { question in
        if question.path.hasPrefix("/d/"), question.at < 20_000 { return FakeSpace.reply(500) }
        return question.path.hasPrefix("/c/") && (60_000..<70_000).contains(question.at) ? FakeSpace.reply(500) : nil
      },
      conferences: { now in
        [Self.quiet] + ((5000..<20_000).contains(now) ? [FakeConference(sid: "d", people: [FakePerson("b")])] : [])
      })
    _ = run.watch(.all, for: .seconds(200))
    let failure = ScanFailure.unavailable(status: 500, retryAfter: nil)
    let sources = ["d", "c"].compactMap(ConferenceSID.init).map { OriginGovernor.Source.poll(of: $0) }
    #expect(
      notices.all
        == sources.flatMap { source -> [PollNotice] in
          [.origin(.failing(source, failure)), .origin(.recovered(source))]
        })
  }
}
