import RollcallCore
import RollcallKit
import Synchronization

/// The webhooks of a run, and how all that files say of them is read again: on SIGHUP, and by a webhook that answers 401.
final class WebhookTargets: Sendable {
  struct Member: Sendable {
    var target: WebhookTarget
    var filter: EventFilter
  }

  let members: [Member]
  private let read: @Sendable () throws(UsageError) -> [Member]
  private let log: StandardError
  /// What one reading for everybody has found, while they fetch it.
  private let found = Mutex<[String: WebhookTarget]?>(nil)

  /// - Parameter read: reads everything again.
  init(_ members: [Member], log: StandardError, read: @escaping @Sendable () throws(UsageError) -> [Member]) {
    self.members = members
    self.log = log
    self.read = read
  }

  static func none(log: StandardError) -> WebhookTargets { WebhookTargets([], log: log) { () in [] } }

  /// One target as its files describe it now; nil leaves it as it was.
  func fresh(_ name: String) -> WebhookTarget? {
    if let found = found.withLock({ $0 }) { return found[name] }
    return readAgain()?.first { $0.target.name == name }?.target
  }

  /// Reads everything once, for all of these. Where any of it is wrong, all stay as they are.
  func renew(_ sinks: [WebhookSink]) async {
    guard !members.isEmpty, let fresh = readAgain() else { return }
    tellWhatWaits(for: fresh)
    let targets = Dictionary(fresh.map { ($0.target.name, $0.target) }) { first, _ in first }
    found.withLock { $0 = targets }
    for sink in sinks { await sink.renewSecrets() }
    found.withLock { $0 = nil }
  }

  private func readAgain() -> [Member]? {
    do throws(UsageError) {
      return try read()
    } catch {
      log.log(.warning, "webhooks stay as they were, since they cannot be read again: \(error.message)")
      return nil
    }
  }

  /// Targets come and go with a run only, and a queue keeps the age with which it began.
  private func tellWhatWaits(for fresh: [Member]) {
    for member in fresh {
      guard let old = members.first(where: { $0.target.name == member.target.name }) else {
        log.log(.warning, "webhook \(member.target.label) is new: it gets events after a restart")
        continue
      }
      guard old.filter == member.filter, old.target.maximumAge == member.target.maximumAge else {
        log.log(.warning, "webhook \(member.target.label): its new events and max_age count after a restart")
        continue
      }
    }
    for old in members where !fresh.contains(where: { $0.target.name == old.target.name }) {
      log.log(.warning, "webhook \(old.target.label) is given no longer: it gets events until a restart")
    }
  }
}

extension WebhookTarget {
  /// For people: its name, else where it is; its URL is never told.
  var label: String { name == Self.name(of: url) ? host : name }
}
