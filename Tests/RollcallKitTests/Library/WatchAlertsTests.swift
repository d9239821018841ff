import RollcallCore
import RollcallTestKit
import Synchronization
import Testing

@testable import RollcallKit

@Suite(.timeLimit(.minutes(5)))
struct `The alerts of a library user's watch` {
  @Test func `are raised after their durations and resolved`() throws {
    let found = Mutex<[ConferenceEvent]>([])
    let failure = try LibraryRun.run(
      { $0.alerts = [.hold(for: .seconds(30)), .people(moreThan: 1, for: .seconds(60))] }, endsAt: 90_000,
      people: { now in
        var ana = FakePerson("ana")
        (ana.hold, ana.updated) = (10_000..<50_000 ~= now, now / 10_000)
        return [ana, FakePerson("ben")]
      }
    ) { handoff, _, _ in
      while let event = try? await handoff.next(isolation: nil) { found.withLock { $0.append(event) } }
    }
    #expect(failure == nil)
    let alerts = found.withLock { $0 }.compactMap { event -> String? in
      let seconds = (event.timestamp - WatchedRun.start).components.seconds
      switch event.kind {
      case .alertRaised(let spell):
        return "\(seconds) \(spell.condition) raised \(spell.participant?.callSID.text ?? "-")"
      case .alertResolved(let spell):
        return "\(seconds) \(spell.condition) over \(spell.participant?.callSID.text ?? "-") \(spell.lasted ?? .zero)"
      default: return nil
      }
    }
    #expect(
      alerts == [
        "40 hold:30s raised ana", "50 hold:30s over ana 40.0 seconds", "60 people:1:1m raised -",
        "90 people:1:1m over - 90.0 seconds",
      ])
  }

  @Test(
    arguments: [
      ([.hold(for: .milliseconds(999))], "the alert is hold:999ms; expected a duration from 1s to 24h"),
      ([.empty(for: .seconds(86_401))], "the alert is empty:86401s; expected a duration from 1s to 24h"),
      (
        [.people(moreThan: 0, for: .seconds(60))],
        "the alert is people:0:1m; expected a duration from 1s to 24h, and a number from 1 to 20000"
      ),
      ([.alone(for: .seconds(120)), .alone(for: .seconds(120))], "the alert alone:2m is given twice"),
      ((1...17).map { .muted(for: .seconds($0)) }, "there are too many alerts; the maximum is 16"),
    ] as [([AlertCondition], String)])
  func `are checked before anything is sent`(alerts: [AlertCondition], reason: String) {
    #expect(throws: WatchFailure.invalid(reason)) { try LibraryRun.start { $0.alerts = alerts } }
  }

  @Test func `are named like those of the command`() throws {
    let conditions: [AlertCondition] = [
      .hold(for: .seconds(120)), .muted(for: .milliseconds(1500)), .coaching(for: .seconds(3600)),
      .alone(for: .seconds(61)), .empty(for: .seconds(86_400)), .people(moreThan: 20, for: .seconds(60)),
    ]
    #expect(
      conditions.map(\.name) == ["hold:2m", "muted:1500ms", "coaching:1h", "alone:61s", "empty:24h", "people:20:1m"])
    for condition in conditions { #expect(try AlertCondition(condition.name) == condition) }
  }
}
