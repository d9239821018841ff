/// The events that lead from one saved list to another. Both are believed: nothing can be asked any more.
package enum SavedListDifference {
  /// Lists the events, in the order of one poll, with ids that depend on nothing but the two files.
  ///
  /// - Parameters:
  ///   - beforeBytes: the first file as it is.
  ///   - afterBytes: the second file as it is.
  /// - Throws: ``SavedList/Flaw`` where the two are of different conferences.
  package static func events(
    from before: SavedList, _ beforeBytes: [UInt8], to after: SavedList, _ afterBytes: [UInt8]
  ) throws(SavedList.Flaw) -> [StoredEvent] {
    if let first = before.conference, let second = after.conference, first != second { throw .mixed(first, second) }
    guard let conference = before.conference ?? after.conference else {
      guard before.rows.isEmpty, after.rows.isEmpty else { throw .nameless }
      return []
    }
    let digest = SHA256.hash(beforeBytes + [UInt8(ascii: "\n")] + afterBytes)
    var stream = EventStream(epoch: digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    return drafts(from: before, to: after, in: conference).map { stream.freeze($0) }
  }

  /// Whether all that both lists say of anybody's status is `completed`, so that it says nothing.
  package static func isSilent(_ before: SavedList, _ after: SavedList) -> Bool {
    (before.statuses + after.statuses).isAllCompleted
  }

  private static func drafts(from before: SavedList, to after: SavedList, in conference: ConferenceSID) -> [EventDraft]
  {
    let earlier = before.latestDate
    let latest = [earlier, after.latestDate].compactMap(\.self).max() ?? Timestamp(milliseconds: 0)
    let bound = earlier ?? Timestamp(milliseconds: 0)
    var events = ParticipantEvents(conference: conference, at: latest)
    let isLive = before.statuses.isLive || after.statuses.isLive
    let isInRoom = { (row: ListedParticipant) in row.presence.isInRoom(whereStatusesAreLive: isLive) }
    let rows = after.mergedRows(whereStatusesAreLive: isLive)
    var people = before.mergedRows(whereStatusesAreLive: isLive).filter { isInRoom($0.value) }
      .mapValues { Participant($0) }
    var arrivals = rows.values.filter { isInRoom($0) && people[$0.callSID] == nil }
    for call in people.keys.sorted() {
      guard let person = people[call] else { continue }
      let row = rows[call]
      guard let evidence = evidence(of: person, row, row.map(isInRoom) ?? false) else { continue }
      events.left(
        person, evidence, record: evidence == .rowFinished ? row?.record : nil, after: bound, in: &people)
      if evidence == .rejoined, let row { arrivals.append(row) }
    }
    let staying = people.keys.sorted()
    for row in arrivals.sorted(by: { ($0.dateCreated ?? .max, $0.callSID) < ($1.dateCreated ?? .max, $1.callSID) }) {
      events.joined(row, after: bound, in: &people)
    }
    for call in staying {
      if let row = rows[call] { events.changed(call, to: row, after: bound, in: &people) }
    }
    return events.drafts
  }

  /// Why somebody is taken to have left; nil for those who stay.
  private static func evidence(
    of person: Participant, _ row: ListedParticipant?, _ isInRoom: Bool
  ) -> DepartureEvidence? {
    guard let row, row.presence != .notYet else { return .listOnly }
    guard isInRoom else { return .rowFinished }
    guard let created = row.dateCreated, let held = person.dateCreated, created > held else { return nil }
    return .rejoined
  }
}
