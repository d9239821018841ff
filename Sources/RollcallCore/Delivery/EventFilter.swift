/// Which events somebody wants: those of some types, about some people, and of them only changes of some fields.
///
/// People are a matter of events that are about one; all others are chosen by their type alone.
package struct EventFilter: Hashable, Sendable {
  package static let all = EventFilter()

  /// An event of another type is not wanted, whatever it says.
  package private(set) var types: Set<EventType>
  /// Of the events about people only those about these, and about whoever coaches them; nil for everybody.
  package private(set) var calls: Set<CallSID>?
  /// Of updates only those of one of these fields, which only their lines tell; nil for all. Of every other field the
  /// type tells enough.
  package let updates: Set<TrackedField>?
  /// Of alerts about a participant only those about one of these fields; nil for all.
  package let alerts: Set<TrackedField>?

  /// - Parameters:
  ///   - calls: of the events about people only those about these, and about whoever coaches them; nil for everybody.
  ///   - fields: of the events about people only changes of these; nil for everything about them.
  package init(
    types: Set<EventType> = Set(EventType.allCases), calls: Set<CallSID>? = nil, fields: Set<TrackedField>? = nil
  ) {
    self.calls = calls
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

  /// The fields that alerts are about.
  private static let alertFields: Set<TrackedField> = [.muted, .hold, .coaching]

  private static let updatedFields = Set(TrackedField.allCases.filter { $0.types.contains(.participantUpdated) })

  /// Whether the type of an event is all that counts.
  package var isByTypeAlone: Bool { calls == nil && updates == nil && alerts == nil }

  /// Whether the event is wanted. Lines are read only if the type, and the call that they are about, do not decide.
  ///
  /// A damaged event is wanted unless what is left of it says otherwise, so that its loss is noticed.
  package func accepts(_ event: StoredEvent) -> Bool {
    if event.hasLostType { return true }
    guard types.contains(event.type) else { return false }
    guard !isByTypeAlone, event.isAboutPerson else { return true }
    return isOfWantedCall(event) && isOfWantedField(event)
  }

  /// The part of it that has these types.
  package func narrowed(to isWanted: (EventType) -> Bool) -> EventFilter {
    var part = self
    part.types = types.filter(isWanted)
    return part
  }

  /// The same, about others.
  func choosing(_ calls: Set<CallSID>) -> EventFilter {
    var other = self
    other.calls = calls
    return other
  }

  private func isOfWantedCall(_ event: StoredEvent) -> Bool {
    guard let calls else { return true }
    if let call = event.call, calls.contains(call) { return true }
    guard event.type.isCoaching else { return false }
    if event.isDamaged { return true }
    guard let coached = EventLine(event).coached else { return false }
    return CallSID(coached).map(calls.contains) ?? false
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
  /// Whether every event of the type is about a participant; an alert may be.
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
