package import RollcallCore
import Synchronization

/// What events have said about conferences and people. Few events repeat it, and every message needs it.
package final class KnownNames: Sendable {
  /// The maximum number of conferences remembered; the oldest make room for new ones.
  package static let maximumConferences = 10_000
  /// The same for people.
  package static let maximumPeople = 20_000

  private struct State {
    var conferences = RecentValues<ConferenceSID, String>(maximum: KnownNames.maximumConferences)
    /// By the sid that events have for a call.
    var people = RecentValues<String, CallerIdentity>(maximum: KnownNames.maximumPeople)
  }

  private let state = Mutex(State())
  private let redactsFriendlyNames: Bool
  private let redaction: Redaction?

  /// - Parameters:
  ///   - friendlyNames: those that a store has kept.
  ///   - redacted: the fields that events do not show.
  package init(_ friendlyNames: [ConferenceSID: String] = [:], redacted: Set<Redaction.Field> = []) {
    redaction = nil
    redactsFriendlyNames = redacted.contains(.friendlyName)
    for (conference, name) in friendlyNames { learn(name, of: conference) }
  }

  /// - Parameters:
  ///   - saved: what a store has kept of earlier runs.
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

  /// The friendly name of a conference; nil where it is unknown or redacted.
  package subscript(conference: ConferenceSID?) -> String? {
    conference.flatMap { conference in state.withLock { $0.conferences[conference] } }
  }

  /// Who is on a call, by the sid that events have for it; nil where nothing is known.
  package func identity(of call: String) -> CallerIdentity? { state.withLock { $0.people[call] } }

  /// What messages about a conference may call it and its people.
  func context(of conference: ConferenceSID?) -> MessageContext {
    MessageContext(friendlyName: self[conference]) { [self] in identity(of: $0) }
  }

  /// Learns what events are about to say.
  ///
  /// - Parameter includesPeople: whether records are read too, which costs time.
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
