/// Records that are not held twice.
///
/// Where somebody's record and date are, byte for byte, those of their row in the last page, that row is enough: they are
/// *listed*, and what they hold themselves is empty. However often rows of listed people move or get another date, there
/// is nothing to do for it. Whoever a scan says anything else of gets a record of their own first.
extension ConferenceTracker {
  /// The room with everybody's own record.
  package var wholeRoom: Room {
    var tracker = self
    tracker.holdEverybody()
    return tracker.room
  }

  /// The page that holds the records of those who are listed.
  private var listing: Page? { listedCount > 0 ? pages.first : nil }

  /// Gives somebody their own record, from before the scan that is being looked at.
  ///
  /// - Parameter row: where they are in the last page; nil where that is not known.
  mutating func hold(_ call: CallSID, at row: Int? = nil) {
    guard let listing, let place = room.participants.index(forKey: call), room.participants.values[place].isListed,
      let row = row ?? listing.row(of: call)
    else { return }
    room.participants.values[place].hold(row, of: listing)
    listedCount -= 1
  }

  mutating func holdEverybody() {
    guard let listing else { return }
    for row in listing.rows.indices { hold(listing.callSID(of: row), at: row) }
  }

  /// The people of the room among those named, each with a record.
  func held(_ calls: Set<CallSID>) -> [CallSID: Participant] {
    var people: [CallSID: Participant] = [:]
    for call in calls { people[call] = room.participants[call] }
    guard let listing, people.values.contains(where: \.isListed) else { return people }
    for row in listing.rows.indices {
      let call = listing.callSID(of: row)
      if people[call]?.isListed == true { people[call]?.hold(row, of: listing) }
    }
    return people
  }

  /// Lets go of what the page of a scan that has just been committed holds as well.
  mutating func release(_ scan: Scan, wasIncremental: Bool) {
    guard pages.count == 1 else { return }
    if wasIncremental, let delta = scan.delta {
      for change in delta.changed where !change.isRedated || listedCount < room.participants.count {
        release(change.new)
      }
    } else if !wasIncremental, pages[0].learnRepeats() {
      for row in pages[0].rows.indices { release(row) }
    }
  }

  private mutating func release(_ row: Int) {
    guard let place = room.participants.index(forKey: pages[0].callSID(of: row)),
      room.participants.values[place].isHeld(by: row, of: pages[0])
    else { return }
    room.participants.values[place].release()
    listedCount += 1
  }
}

extension Participant {
  /// Whether the record and the date are to be looked up in the last page.
  var isListed: Bool { record.isEmpty }

  fileprivate mutating func release() { record = [] }

  fileprivate mutating func hold(_ row: Int, of page: Page) {
    record = Array(page.object(row))
    dateUpdated = page.seconds(.dateUpdated, of: row)
  }

  fileprivate func isHeld(by row: Int, of page: Page) -> Bool {
    !isListed && page.isVerbatim(record, row) && dateUpdated == page.seconds(.dateUpdated, of: row)
  }
}

extension Page {
  fileprivate func row(of call: CallSID) -> Int? {
    rows.indices.first { contents(.callSID, of: $0)?.elementsEqual(call.text.utf8) ?? false }
  }

  /// Finds out whether somebody stands in the page twice.
  ///
  /// - Returns: whether nobody does.
  fileprivate mutating func learnRepeats() -> Bool {
    if repeats == .unknown { repeats = index() == nil ? .some : .none }
    return repeats == .none
  }
}
