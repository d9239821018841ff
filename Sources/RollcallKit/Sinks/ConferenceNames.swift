package import RollcallCore
import Synchronization

/// The friendly names of the conferences of a stream: only few of its events have them, and people want to read them in
/// every message.
package final class ConferenceNames: Sendable {
  /// The maximum number of names remembered; the oldest make room for new ones.
  package static let maximumCount = 10_000

  private struct Known {
    var names: [ConferenceSID: String] = [:]
    var order = FIFO<ConferenceSID>()

    mutating func add(_ name: String, of conference: ConferenceSID) {
      guard names.updateValue(name, forKey: conference) == nil else { return }
      order.append(conference)
      while names.count > ConferenceNames.maximumCount, let oldest = order.popFirst() { names[oldest] = nil }
    }
  }

  private let known = Mutex(Known())
  private let isRedacted: Bool

  /// - Parameters:
  ///   - saved: the names that a store has kept.
  ///   - redacted: the fields that events do not show; where the name is one of them, none is known.
  package init(_ saved: [ConferenceSID: String] = [:], redacted: Set<Redaction.Field> = []) {
    isRedacted = redacted.contains(.friendlyName)
    guard !isRedacted else { return }
    known.withLock { known in for (conference, name) in saved { known.add(name, of: conference) } }
  }

  package subscript(conference: ConferenceSID?) -> String? {
    conference.flatMap { conference in known.withLock { $0.names[conference] } }
  }

  /// Learns the names that events are about to tell.
  func learn(from drafts: [EventDraft]) {
    guard !isRedacted else { return }
    for draft in drafts {
      guard let conference = draft.conference, let name = draft.friendlyName else { continue }
      known.withLock { $0.add(name, of: conference) }
    }
  }
}
