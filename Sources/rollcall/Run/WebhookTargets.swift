import RollcallCore
import RollcallKit

/// The webhooks that a run is given, and how all that files say of them is read again: on SIGHUP, and by a webhook that answers 401.
final class WebhookTargets: Sendable {
  struct Member: Sendable {
    var target: WebhookTarget
    /// Its filter.
    var selection: EventSelection

    /// What its filter lets through and its format has words for.
    var wanted: EventSelection { selection.narrowed(to: target.format.tells) }

    /// The same for redacted events.
    func redacted(by known: KnownRedactions) -> Member {
      var member = self
      member.target.format = target.format.redacted(by: known)
      member.selection = selection.redacted(by: known)
      return member
    }
  }

  let members: [Member]
  private let read: @Sendable () throws(UsageError) -> [Member]
  private let log: StandardError

  /// - Parameter read: reads everything again.
  init(_ members: [Member], log: StandardError, read: @escaping @Sendable () throws(UsageError) -> [Member]) {
    self.members = members
    self.log = log
    self.read = read
  }

  /// The same for redacted events, now and whenever they are read again.
  func redacted(by known: KnownRedactions) -> WebhookTargets {
    WebhookTargets(members.map { $0.redacted(by: known) }, log: log) { [read] () throws(UsageError) in
      try read().map { $0.redacted(by: known) }
    }
  }

  static func none(log: StandardError) -> WebhookTargets { WebhookTargets([], log: log) { () in [] } }

  /// One target as its files describe it now; nil leaves it as it was.
  func fresh(_ name: String) -> WebhookTarget? {
    readAgain()?.first { $0.target.name == name }?.target
  }

  /// All of them as their files describe them now; nil where anything is wrong, which is told.
  func readAgain() -> [Member]? {
    do throws(UsageError) {
      return try read()
    } catch {
      log.log(.warning, "webhooks stay as they were, since they cannot be read again: \(error.message)")
      return nil
    }
  }
}

extension WebhookTarget {
  /// For people: its name, else where it is; its URL is never told.
  var label: String { name == Self.name(of: url) ? host : name }
}
