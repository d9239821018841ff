/// Selects events by type, by call or its address, and by the field that changed.
///
/// Calls and fields apply only to events about a participant; all others are selected by type alone.
package struct EventFilter: Hashable, Sendable {
  package static let all = EventFilter()

  /// The wanted types.
  package private(set) var types: Set<EventType>
  /// Limits participant events to these calls and their coaches, and to those at ``addresses``; nil for all calls.
  package private(set) var calls: Set<CallSID>?
  /// The bytes of ``addresses``: unlike SQLite, which selects events too, Swift takes some different texts for equal.
  private let addressBytes: Set<[UInt8]>
  /// Limits `participant.updated` to these fields, which only its line names; nil for all. Changes of other fields are
  /// selected by type.
  package let updates: Set<TrackedField>?
  /// Limits alerts about a participant to these fields; nil for all.
  package let alerts: Set<TrackedField>?

  /// - Parameters:
  ///   - types: the wanted types.
  ///   - calls: limits participant events to these calls and their coaches; nil for all calls, unless addresses are given.
  ///   - addresses: limits participant events to calls at these addresses, and to `calls`.
  ///   - fields: limits participant events to changes of these fields; nil for all events.
  package init(
    types: Set<EventType> = Set(EventType.allCases), calls: Set<CallSID>? = nil, addresses: [String] = [],
    fields: Set<TrackedField>? = nil
  ) {
    self.calls = calls ?? (addresses.isEmpty ? nil : [])
    addressBytes = Set(addresses.map { Array(CallAddress.canonical($0).utf8) })
    guard let fields else {
      (self.types, updates, alerts) = (types, nil, nil)
      return
    }
    let changes = fields.reduce(into: Set<EventType>()) { $0.formUnion($1.types) }
    self.types = types.filter { !$0.isAboutPerson || changes.contains($0) }
    let told = fields.filter { $0.types.contains(.participantUpdated) }
    updates = told.isEmpty || told == Self.updatedFields ? nil : told
    let raising = fields.intersection(Self.alertFields)
    alerts = types.contains(where: \.isAlert) && raising != Self.alertFields ? raising : nil
  }

  /// The fields that alerts can be about.
  private static let alertFields = Set(AlertCondition.Subject.allCases.compactMap(\.field))

  private static let updatedFields = Set(TrackedField.allCases.filter { $0.types.contains(.participantUpdated) })

  /// The addresses whose calls are wanted besides ``calls``, in the form of ``CallAddress/canonical(_:)``.
  package var addresses: [String] { addressBytes.map { String(decoding: $0, as: UTF8.self) } }

  /// Whether the filter needs the addresses of calls, which events have only if calls are looked up.
  package var hasAddresses: Bool { !addressBytes.isEmpty }

  /// Whether only the type of an event counts.
  package var isByTypeAlone: Bool { calls == nil && updates == nil && alerts == nil }

  /// Returns whether the event is wanted. Its line is parsed only if its type and call do not decide.
  ///
  /// A damaged event is wanted unless its remaining data says otherwise, so that its loss is noticed.
  package func accepts(_ event: StoredEvent) -> Bool {
    if event.hasLostType { return true }
    guard types.contains(event.type) else { return false }
    guard !isByTypeAlone, event.isAboutPerson else { return true }
    return isOfWantedCall(event) && isOfWantedField(event)
  }

  /// Returns this filter limited to some types.
  package func narrowed(to isWanted: (EventType) -> Bool) -> EventFilter {
    var part = self
    part.types = types.filter(isWanted)
    return part
  }

  /// Returns this filter with other calls.
  func choosing(_ calls: Set<CallSID>) -> EventFilter {
    var other = self
    other.calls = calls
    return other
  }

  private func isOfWantedCall(_ event: StoredEvent) -> Bool {
    guard let calls else { return true }
    if let call = event.call, calls.contains(call) { return true }
    guard event.type.isCoaching || hasAddresses else { return false }
    if event.isDamaged { return true }
    let line = EventLine(event)
    if isAtWantedAddress(line) { return true }
    guard event.type.isCoaching, let coached = line.coached else { return false }
    return CallSID(coached).map(calls.contains) ?? false
  }

  private func isAtWantedAddress(_ line: EventLine) -> Bool {
    guard hasAddresses, let address = line.identity.address else { return false }
    return addressBytes.contains(Array(CallAddress.canonical(address).utf8))
  }

  private func isOfWantedField(_ event: StoredEvent) -> Bool {
    guard !event.isDamaged else { return true }
    if event.type.isAlert { return isOfWantedAlert(event) }
    guard let updates, event.type == .participantUpdated else { return true }
    return EventLine(event).changes.contains { change in
      TrackedField(rawValue: change.key).map(updates.contains) ?? false
    }
  }
}

extension EventFilter {
  private func isOfWantedAlert(_ event: StoredEvent) -> Bool {
    guard let alerts, !event.isDamaged else { return true }
    return EventLine(event).alert.flatMap(AlertCondition.field).map(alerts.contains) ?? false
  }
}

extension StoredEvent {
  /// Whether the event is about a participant.
  fileprivate var isAboutPerson: Bool { type.isAboutPerson || type.isAlert && call != nil }
}

extension EventType {
  /// Whether every event of the type is about a participant; alerts are only sometimes.
  package var isAboutPerson: Bool {
    switch self {
    case .participantPresent, .participantJoined, .participantLeft, .participantMuted, .participantUnmuted,
      .participantHeld, .participantUnheld, .participantCoachingStarted, .participantCoachingStopped,
      .participantUpdated:
      true
    case .conferencePresent, .conferenceStarted, .conferenceEnded, .alertRaised, .alertResolved, .watchStarted,
      .watchInterrupted, .watchResumed, .watchHeartbeat, .watchStopped:
      false
    }
  }
}
