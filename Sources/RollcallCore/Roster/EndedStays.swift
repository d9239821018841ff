/// Stays that have ended: a row that is of one of them is confirmed before it joins again.
///
/// A stay is remembered for ``memory``, and for as long as the list goes on to show a row of it. Its row is known by call
/// and `date_created`, and by the call alone where either has no date.
struct EndedStays: Sendable {
  typealias Stay = SavedRoom.EndedStay

  static let memory: Duration = .seconds(600)
  /// The maximum number of stays remembered; the oldest make room for new ones.
  static let maximumCount = 10_000

  private var ends: [CallSID: [Int64?: Timestamp]] = [:]
  private var count = 0
  /// Every stay that may be within ``memory``, the oldest first. One that has ended again since is in it twice.
  private var recent = FIFO<Stay>()
  /// Stays older than that, of which the list still shows a row.
  private var lingering = FIFO<Stay>()

  var isEmpty: Bool { ends.isEmpty }

  /// Whether any stay of a call is remembered.
  func knows(_ call: CallSID) -> Bool { ends[call] != nil }

  /// Whether a row is of a stay that is remembered.
  ///
  /// - Parameter isListed: whether the last list showed a row of a stay.
  func contains(_ call: CallSID, dateCreated: Int64?, at now: Timestamp, isListed: (SavedRoom.StayID) -> Bool) -> Bool {
    (ends[call] ?? [:]).contains { date, end in
      guard date == nil || dateCreated == nil || date == dateCreated else { return false }
      return now - end < Self.memory || isListed(SavedRoom.StayID(callSID: call, dateCreated: date))
    }
  }

  /// Remembers a stay that has ended after all others.
  ///
  /// - Returns: the stays that had to make room.
  mutating func note(_ stay: Stay) -> [Stay] {
    if ends[stay.id.callSID]?[stay.id.dateCreated] == nil { count += 1 }
    ends[stay.id.callSID, default: [:]][stay.id.dateCreated] = stay.endedAt
    recent.append(stay)
    var forgotten: [Stay] = []
    while count > Self.maximumCount, let oldest = lingering.popFirst() ?? recent.popFirst() {
      if forget(oldest) { forgotten.append(oldest) }
    }
    return forgotten
  }

  /// Forgets the stays whose time is over and of which the list shows no row.
  ///
  /// - Parameters:
  ///   - isListed: whether the list shows a row of a stay.
  ///   - hasLostRows: whether rows may be missing that the list before still showed.
  /// - Returns: the stays that were forgotten.
  mutating func expire(at now: Timestamp, hasLostRows: Bool, isListed: (SavedRoom.StayID) -> Bool) -> [Stay] {
    var forgotten: [Stay] = []
    if hasLostRows, !lingering.isEmpty {
      let stays = lingering.contents
      lingering = FIFO()
      for stay in stays where isCurrent(stay) {
        if isListed(stay.id) { lingering.append(stay) } else if forget(stay) { forgotten.append(stay) }
      }
    }
    while let stay = recent.first, now - stay.endedAt >= Self.memory {
      _ = recent.popFirst()
      guard isCurrent(stay) else { continue }
      if isListed(stay.id) { lingering.append(stay) } else if forget(stay) { forgotten.append(stay) }
    }
    return forgotten
  }

  /// Whether a stay has not ended again since.
  private func isCurrent(_ stay: Stay) -> Bool { ends[stay.id.callSID]?[stay.id.dateCreated] == stay.endedAt }

  /// - Returns: whether it was remembered.
  private mutating func forget(_ stay: Stay) -> Bool {
    guard isCurrent(stay) else { return false }
    ends[stay.id.callSID]?[stay.id.dateCreated] = nil
    if ends[stay.id.callSID]?.isEmpty == true { ends[stay.id.callSID] = nil }
    count -= 1
    return true
  }
}

extension EndedStays: Equatable {
  /// Whether both remember the same stays.
  static func == (left: EndedStays, right: EndedStays) -> Bool { left.ends == right.ends }
}

/// Rows of a list that are of nobody in the room, by the names that events have for those who left.
struct ListedStays: Sendable {
  private var dates: [CallSID: Int64?] = [:]

  var isEmpty: Bool { dates.isEmpty }

  /// Whether one of the rows is of a stay.
  func contains(_ stay: SavedRoom.StayID) -> Bool {
    guard let date = dates[stay.callSID] else { return false }
    return date == nil || stay.dateCreated == nil || date == stay.dateCreated
  }

  mutating func add(_ call: CallSID, dateCreated: Int64?) { dates.updateValue(dateCreated, forKey: call) }

  /// - Returns: whether there was such a row.
  mutating func remove(_ call: CallSID) -> Bool { dates.removeValue(forKey: call) != nil }
}

/// Why a conference ended, and the call whose leaving ended it, as the provider says.
///
/// Texts are kept cut to ``ParticipantState/maximumText`` bytes as written. At least one of them is there.
public struct ConferenceEnding: Sendable, Hashable {
  /// The provider's word, such as `last-participant-left`.
  public let reason: String?
  /// The sid of the call; not checked, and never used to ask for anything.
  public let call: String?

  /// - Returns: nil where neither text says anything.
  package init?(reason: String?, call: String?) {
    func kept(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : ParticipantState.held($0) } }
    (self.reason, self.call) = (kept(reason), kept(call))
    guard self.reason != nil || self.call != nil else { return nil }
  }

  /// Reads what a conference's own resource says. A value that is no text counts as null.
  package init?(_ conference: JSONValue) {
    self.init(
      reason: conference["reason_conference_ended"]?.asText, call: conference["call_sid_ending_conference"]?.asText)
  }

  /// The value of `ended_by`.
  var json: [UInt8] {
    var object = ObjectWriter(capacity: 128)
    object.add("reason", text: reason)
    object.add("call_sid", text: call)
    return object.finished()
  }
}
