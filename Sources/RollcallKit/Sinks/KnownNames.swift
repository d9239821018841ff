package import RollcallCore
import Synchronization

/// The names of conferences and participants in events. Few events repeat them, and every message needs them.
package final class KnownNames: Sendable {
  /// The maximum number of conferences remembered; the oldest make room for new ones.
  package static let maximumConferences = 10_000
  /// The maximum number of participants remembered; the oldest make room for new ones.
  package static let maximumPeople = 20_000

  private struct State {
    var conferences = RecentValues<ConferenceSID, String>(maximum: KnownNames.maximumConferences)
    /// By the call's sid as events show it.
    var people = RecentValues<String, CallerIdentity>(maximum: KnownNames.maximumPeople)
  }

  private let state = Mutex(State())
  private let redactsFriendlyNames: Bool
  private let redaction: Redaction?

  /// - Parameters:
  ///   - friendlyNames: the names that a store has kept.
  ///   - redacted: the fields that events do not show.
  package init(_ friendlyNames: [ConferenceSID: String] = [:], redacted: Set<Redaction.Field> = []) {
    redaction = nil
    redactsFriendlyNames = redacted.contains(.friendlyName)
    for (conference, name) in friendlyNames { learn(name, of: conference) }
  }

  /// - Parameters:
  ///   - saved: what earlier runs stored.
  ///   - redaction: what events do not show.
  package init(_ saved: SavedStream?, redaction: Redaction?) {
    self.redaction = redaction
    redactsFriendlyNames = redaction?.fields.contains(.friendlyName) == true
    guard let saved else { return }
    for (conference, name) in saved.friendlyNames { learn(name, of: conference) }
    for (conference, room) in saved.rooms {
      var details: [CallSID: CallDetails] = [:]
      for call in saved.calls[conference] ?? [] { details[call.callSID] = call.details }
      for (call, person) in room.participants { learn(person.state.label, details[call], of: call) }
    }
  }

  /// The friendly name of a conference; nil if it is unknown or redacted.
  package subscript(conference: ConferenceSID?) -> String? {
    conference.flatMap { conference in state.withLock { $0.conferences[conference] } }
  }

  /// Returns who is on a call, by its sid as events show it; nil if nothing is known.
  package func identity(of call: String) -> CallerIdentity? { state.withLock { $0.people[call] } }

  /// Returns the names for messages about a conference.
  func context(of conference: ConferenceSID?) -> MessageContext {
    MessageContext(friendlyName: self[conference]) { [self] in identity(of: $0) }
  }

  /// Learns the names in events that are about to be stored.
  ///
  /// - Parameter includesPeople: whether to read participants' records too, which takes time.
  func learn(from events: [Event], includesPeople: Bool) {
    for event in events {
      if let conference = event.conference, let name = event.friendlyName { learn(name, of: conference) }
      guard includesPeople, let call = event.call else { continue }
      learn((try? JSONReader.read(event.participant))?["label"]?.asText, event.callDetails, of: call)
    }
  }

  private func learn(_ name: String, of conference: ConferenceSID) {
    guard !redactsFriendlyNames else { return }
    state.withLock { $0.conferences[conference] = name }
  }

  private func learn(_ label: String?, _ details: CallDetails?, of call: CallSID) {
    let label = redaction?.fields.contains(.label) == true ? nil : label
    let address = details.flatMap { (redaction?.redacted($0) ?? $0).address }
    let latest = CallerIdentity(label: label, address: address)
    guard latest.label != nil || latest.address != nil else { return }
    let sid = redaction?.redacted(call).text ?? call.text
    state.withLock { state in
      var identity = state.people[sid] ?? latest
      identity.learn(latest)
      state.people[sid] = identity
    }
  }
}

/// A dictionary that forgets its oldest keys beyond a maximum.
private struct RecentValues<Key: Hashable & Sendable, Value: Sendable> {
  let maximum: Int
  private var values: [Key: Value] = [:]
  private var order = FIFO<Key>()

  init(maximum: Int) { self.maximum = maximum }

  subscript(key: Key) -> Value? {
    get { values[key] }
    set {
      guard let newValue, values.updateValue(newValue, forKey: key) == nil else { return }
      order.append(key)
      while values.count > maximum, let oldest = order.popFirst() { values[oldest] = nil }
    }
  }
}
