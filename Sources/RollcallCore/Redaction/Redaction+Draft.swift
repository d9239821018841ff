/// What is written down, with tokens in the places of what is redacted: events before their bytes are frozen, and what a
/// store keeps of those who have left. The rooms themselves, which the next scan is compared with, have the values.
extension Redaction {
  func applied(to changes: RoomChanges) -> RoomChanges {
    var kept = changes
    // Before its end, discovery needs the name as it is.
    if changes.head.isOver { kept.head.friendlyName = shown(friendlyName: changes.head.friendlyName) }
    // They have left: this process alone knows their rows.
    kept.doubts.removeAll { $0.kind == .returning || $0.kind == .awaited }
    return kept
  }

  func applied(to draft: EventDraft) -> EventDraft {
    var shown = draft
    shown.friendlyName = self.shown(friendlyName: draft.friendlyName)
    shown.endedBy = draft.endedBy.flatMap(applied)
    if case .interrupted(let reason, let error) = draft.watch {
      shown.watch = .interrupted(reason: reason, error: ErrorRedaction.withoutIdentifiers(error))
    }
    guard let call = draft.call else { return shown }
    shown.call = self.shown(call)
    shown.callSIDToCoach = self.shown(coached: draft.callSIDToCoach)
    shown.changes = draft.changes.map(applied)
    shown.participant = RedactedRecord(self, of: call).bytes(of: draft.participant)
    shown.callDetails = draft.callDetails.map(self.shown)
    return shown
  }

  private func applied(to ending: ConferenceEnding) -> ConferenceEnding? {
    ConferenceEnding(reason: ending.reason, call: shown(coached: ending.call))
  }

  private func applied(to change: FieldChange) -> FieldChange {
    guard case .text(let from) = change.from, case .text(let to) = change.to else { return change }
    return switch change.field {
    case ParticipantField.callSIDToCoach.name:
      FieldChange(change.field, shown(coached: from), shown(coached: to))
    case ParticipantField.label.name: FieldChange(change.field, shown(label: from), shown(label: to))
    default: change
    }
  }
}
