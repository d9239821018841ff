/// Events with tokens in the places of what is redacted, before their bytes are frozen.
extension Redaction {
  func applied(to draft: EventDraft) -> EventDraft {
    var shown = draft
    shown.friendlyName = self.shown(friendlyName: draft.friendlyName)
    guard let call = draft.call else { return shown }
    shown.call = self.shown(call)
    shown.callSIDToCoach = self.shown(coached: draft.callSIDToCoach)
    shown.changes = draft.changes.map(applied)
    shown.participant = RedactedRecord(self, of: call).bytes(of: draft.participant)
    return shown
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
