extension Room {
  /// The room as events show it, for those who are to see no more.
  package func redacted(by redaction: Redaction) -> Room {
    var room = self
    room.friendlyName = redaction.shown(friendlyName: friendlyName)
    room.participants = [:]
    for person in participants.values {
      let shown = Participant(person, as: redaction.shown(person.callSID), redaction.shown(person.state))
      room.participants[shown.callSID] = shown
    }
    return room
  }
}

extension Participant {
  /// Somebody under another name. Of the record nothing is left.
  fileprivate init(_ person: Participant, as call: CallSID, _ state: ParticipantState) {
    let row = ListedParticipant(
      callSID: call, state: state, dateCreated: person.dateCreated, dateUpdated: person.dateUpdated, record: [])
    self.init(row, since: person.since)
  }
}
