import RollcallCore
import Testing

@testable import RollcallKit
@testable import rollcall

@Suite(.timeLimit(.minutes(5)))
struct `Reloaded webhooks` {
  static func target(
    _ name: String, secrets: Int = 0, age: Int64 = 3600, events: String = "*", calls: Set<CallSID>? = nil
  ) throws -> WebhookTarget {
    var target = WebhookTarget(url: Secret("https://h/\(name)"), host: "h", name: name)
    target.secrets = try (0..<secrets).map { try WebhookSecret(key: Array(repeating: UInt8($0), count: 24)) }
    target.maximumAge = .seconds(age)
    target.filter = EventFilter(types: try EventTypePattern(argument: events).types, calls: calls)
    return target
  }

  @Test func `replace the settings in use`() throws {
    let fresh = try Self.target("a", secrets: 2)
    let source = WebhookSource([try Self.target("a")], log: StandardError(LogOptions())) { () in [fresh] }
    #expect(source.fresh("a")?.secrets == fresh.secrets)
    #expect(source.fresh("b") == nil)
  }

  @Test func `stay as they were after an error, which is logged once`() throws {
    let run = try RenewedRun([try Self.target("a"), try Self.target("b")])
    run.renew(nil)
    run.commit(.watchHeartbeat)
    #expect(
      run.lines() == [
        "rollcall: warning: webhooks stay as they were, because they could not be reloaded: it is bad; mend it"
      ])
    #expect(run.end() == ["a": [1], "b": [1]])
  }

  @Test func `sign with new secrets, and log nothing about them`() throws {
    let run = try RenewedRun([try Self.target("a")])
    run.commit(.watchHeartbeat)
    run.renew([try Self.target("a", secrets: 1)])
    run.commit(.watchHeartbeat)
    #expect(run.lines() == [])
    #expect(run.end() == ["a": [1, 2]])
    #expect(run.requests.map { $0.headers.contains { $0.name == "webhook-signature" } } == [false, true])
  }

  @Test func `that were added get events from then on, and removed ones get none`() throws {
    let run = try RenewedRun([try Self.target("a"), try Self.target("b")])
    run.commit(.watchHeartbeat)
    run.renew([try Self.target("b"), try Self.target("c")])
    run.commit(.watchHeartbeat)
    #expect(
      run.lines() == [
        "rollcall: webhook a was removed: it gets no more events",
        "rollcall: webhook c was added: it gets events from now on",
      ])
    #expect(run.end() == ["a": [1], "b": [1, 2], "c": [2]])
    #expect(run.tallies.map(\.delivered) == [1, 2, 1])
  }

  @Test func `with another filter continue where they were`() throws {
    let run = try RenewedRun([try Self.target("a", events: "watch.heartbeat")])
    run.commit(.watchHeartbeat)
    run.commit(.watchStopped)
    run.renew([try Self.target("a", events: "watch.stopped")])
    run.commit(.watchHeartbeat)
    run.commit(.watchStopped)
    #expect(run.lines() == ["rollcall: webhook a: its new filter, max_age and format are in effect"])
    #expect(run.end() == ["a": [1, 4]])
    #expect(run.tallies == [WebhookSink.Tally(delivered: 2)])
  }

  @Test func `have a changed filter if its calls differ, and the same one if its globs are equivalent`() throws {
    let run = try RenewedRun([try Self.target("a", events: "watch.*")])
    run.renew([try Self.target("a", events: "!participant.*,!conference.*,!alert.*")])
    #expect(run.lines() == [])
    run.renew([try Self.target("a", events: "watch.*", calls: [try #require(CallSID("c"))])])
    #expect(run.lines() == ["rollcall: webhook a: its new filter, max_age and format are in effect"])
    run.commit(.watchStopped)
    #expect(run.end() == ["a": [1]])
  }

  @Test func `undelivered events of a removed webhook are logged, and count as lost without a state file`() throws {
    let run = try RenewedRun([try Self.target("a"), try Self.target("b")]) { $0 == "a" ? 500 : 200 }
    run.commit(.watchHeartbeat)
    run.renew([try Self.target("b")])
    let posted = run.end()
    #expect(posted["b"] == [1])
    #expect(
      run.lines().last
        == "rollcall: warning: webhook a: 1 event was not delivered; a state file would keep them")
    #expect(run.tallies == [.init(undelivered: 1, failedAttempts: 1), .init(delivered: 1)])
  }

  @Test func `that are added again get events again`() throws {
    let first = try Self.target("a")
    let other = try Self.target("b")
    let run = try RenewedRun([first, other])
    run.commit(.watchHeartbeat)
    for files in [[other], [first, other]] {
      run.renew(files)
      run.commit(.watchHeartbeat)
    }
    #expect(run.end() == ["a": [1, 3], "b": [1, 2, 3]])
  }
}
