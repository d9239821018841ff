import RollcallCore
import RollcallKit
import Synchronization
import Testing

@testable import rollcall

@Suite struct `Webhooks that are read again` {
  private static func target(_ name: String, secrets: Int = 0, age: Int64 = 60) throws -> WebhookTargets.Member {
    var target = WebhookTarget(url: Secret("https://h/\(name)"), host: "h", name: name)
    target.secrets = try (0..<secrets).map { try WebhookSecret(key: Array(repeating: UInt8($0), count: 24)) }
    target.maximumAge = .seconds(age)
    return WebhookTargets.Member(target: target, filter: .all)
  }

  /// What is logged while everything is read again.
  private static func log(
    _ members: [WebhookTargets.Member], then read: @escaping @Sendable () throws(UsageError) -> [WebhookTargets.Member]
  ) async throws -> [String] {
    let text = try LoggedText()
    let targets = WebhookTargets(members, log: text.log, read: read)
    await targets.renew([])
    return text.lines()
  }

  @Test func `are taken over by those who ask`() throws {
    let fresh = try Self.target("a", secrets: 2)
    let targets = WebhookTargets([try Self.target("a")], log: StandardError(LogOptions())) { () in [fresh] }
    #expect(targets.fresh("a")?.secrets == fresh.target.secrets)
    #expect(targets.fresh("b") == nil)
  }

  @Test func `stay as they were where anything is wrong, which is told once`() async throws {
    let members = [try Self.target("a"), try Self.target("b")]
    let lines = try await Self.log(members) { () throws(UsageError) in throw UsageError("it is bad", right: "mend it") }
    #expect(
      lines == ["rollcall: warning: webhooks stay as they were, since they cannot be read again: it is bad; mend it"])
  }

  @Test func `say nothing where nothing waits for a restart`() async throws {
    let fresh = [try Self.target("a", secrets: 1)]
    #expect(try await Self.log([try Self.target("a")]) { () in fresh } == [])
  }

  @Test func `say what takes a restart`() async throws {
    let fresh = [try Self.target("new"), try Self.target("b", age: 61)]
    let lines = try await Self.log([try Self.target("a"), try Self.target("b")]) { () in fresh }
    #expect(
      lines == [
        "rollcall: warning: webhook new is new: it gets events after a restart",
        "rollcall: warning: webhook b: its new events and max_age count after a restart",
        "rollcall: warning: webhook a is given no longer: it gets events until a restart",
      ])
  }
}
