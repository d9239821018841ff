/// Stays that have ended. A row that belongs to one of them is confirmed before its participant joins again.
///
/// A stay is remembered for ``memory``, and longer while the list still shows a row of it. Rows are matched by call and
/// `date_created`, or by the call alone if either side has no date.
struct EndedStays: Sendable {
  typealias Stay = SavedRoom.EndedStay

  /// How long every stay is remembered.
  static let memory: Duration = .seconds(600)
  /// The maximum number of stays remembered; the oldest are dropped first.
  static let maximumCount = 10_000

  private var ends: [CallSID: [Int64?: Timestamp]] = [:]
  private var count = 0
  /// Stays that may be younger than ``memory``, oldest first. One that ended a second time is listed twice.
  private var recent = FIFO<Stay>()
  /// Older stays whose row is still listed.
  private var lingering = FIFO<Stay>()

  var isEmpty: Bool { ends.isEmpty }

  /// Whether any stay of the call is remembered.
  func knows(_ call: CallSID) -> Bool { ends[call] != nil }

  /// Whether a row belongs to a remembered stay.
  ///
  /// - Parameter isListed: whether the last list showed a row of the given stay.
  func contains(_ call: CallSID, dateCreated: Int64?, at now: Timestamp, isListed: (SavedRoom.StayID) -> Bool) -> Bool {
    (ends[call] ?? [:]).contains { date, end in
      guard date == nil || dateCreated == nil || date == dateCreated else { return false }
      return now - end < Self.memory || isListed(SavedRoom.StayID(callSID: call, dateCreated: date))
    }
  }

  /// Remembers a stay that ended no earlier than all others.
  ///
  /// - Returns: the stays dropped to make room.
  mutating func remember(_ stay: Stay) -> [Stay] {
    if ends[stay.id.callSID]?[stay.id.dateCreated] == nil { count += 1 }
    ends[stay.id.callSID, default: [:]][stay.id.dateCreated] = stay.endedAt
    recent.append(stay)
    var forgotten: [Stay] = []
    while count > Self.maximumCount, let oldest = lingering.popFirst() ?? recent.popFirst() {
      if forget(oldest) { forgotten.append(oldest) }
    }
    return forgotten
  }

  /// Forgets the stays that are older than ``memory`` and no longer listed.
  ///
  /// - Parameters:
  ///   - isListed: whether the list shows a row of the given stay.
  ///   - hasLostRows: whether rows of the previous list may be missing from this one.
  /// - Returns: the forgotten stays.
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

  /// Whether this is the latest end of the stay.
  private func isCurrent(_ stay: Stay) -> Bool { ends[stay.id.callSID]?[stay.id.dateCreated] == stay.endedAt }

  /// - Returns: whether the stay was remembered.
  private mutating func forget(_ stay: Stay) -> Bool {
    guard isCurrent(stay) else { return false }
    ends[stay.id.callSID]?[stay.id.dateCreated] = nil
    if ends[stay.id.callSID]?.isEmpty == true { ends[stay.id.callSID] = nil }
    count -= 1
    return true
  }
}

extension EndedStays: Equatable {
  /// Compares the remembered stays, not their order.
  static func == (left: EndedStays, right: EndedStays) -> Bool { left.ends == right.ends }
}

/// Listed rows of calls that are not in the room, by their redacted call sids.
struct ListedStays: Sendable {
  private var dates: [CallSID: Int64?] = [:]

  var isEmpty: Bool { dates.isEmpty }

  /// Whether one of the rows belongs to the stay.
  func contains(_ stay: SavedRoom.StayID) -> Bool {
    guard let date = dates[stay.callSID] else { return false }
    return date == nil || stay.dateCreated == nil || date == stay.dateCreated
  }

  mutating func add(_ call: CallSID, dateCreated: Int64?) { dates.updateValue(dateCreated, forKey: call) }

  /// - Returns: whether there was such a row.
  mutating func remove(_ call: CallSID) -> Bool { dates.removeValue(forKey: call) != nil }
}

/// Why a conference ended and which call ended it, as reported by the provider.
///
/// Each text is cut to ``ParticipantState/maximumText`` bytes of its JSON form. At least one of them is present.
public struct ConferenceEnding: Sendable, Hashable {
  /// The reason in the provider's wording, such as `last-participant-left`.
  public let reason: String?
  /// The sid of the call that ended the conference. It is not validated and never used in a request.
  public let call: String?

  /// - Returns: nil if both texts are absent or empty.
  package init?(reason: String?, call: String?) {
    func shortened(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : ParticipantState.shortened($0) } }
    (self.reason, self.call) = (shortened(reason), shortened(call))
    guard self.reason != nil || self.call != nil else { return nil }
  }

  /// Reads a conference resource. Values that are not text count as null.
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
