/// What can go wrong. Each seed draws some of it, so that some seeds see few kinds of trouble often and others many.
enum Trouble: UInt64, CaseIterable, Sendable {
  // The provider, request by request.
  case statuses
  case throttling
  case refusals
  case noReplies
  case slowReplies
  case badBodies
  case badRows
  case badLinks
  case lostTokens
  case lists404
  case unclearAnswers
  case staleAnswers
  // The provider, for a while.
  case outages
  case staleLists
  /// Lists that leave somebody out for a minute and longer.
  case hiddenPeople
  /// Lists that go on to show who has left for a minute and longer.
  case ghosts
  case emptyLists
  // The room.
  case rejoins
  case ringing
  case finishedRows
  case poorDates
  case massDepartures
  case endings
  case oddTexts
  // Receivers.
  case receiverErrors
  case receiverOutages
  case receiverRejects
  case receiverGone
  case lateReceipts
  case stalledReader
  // The machine.
  case crashes
  case signals
  case hangUps
  case diskFull
  case diskErrors
  case clockForward
  case clockBack
  case suspensions

  // What came later, drawn apart from the others.
  /// Another program locks the state file.
  case locks
  case slowDisk
  /// Every row is `completed`, whatever people do.
  case deadStatuses
  /// The list of conferences, and nothing else, fails for a while.
  case lostDiscovery
  /// One conference is refused for a while, and no other.
  case forbiddenRooms
  /// Every few requests one is throttled, for a while.
  case throttleStorms
  /// Receivers move to another address, which is known by a signal.
  case moves
  /// An older copy takes the state file's place between two runs.
  case restoredCopies

  /// Those drawn by themselves, so that worlds of before stay what they were.
  static let later: [Trouble] = [
    .locks, .slowDisk, .deadStatuses, .lostDiscovery, .forbiddenRooms, .throttleStorms, .moves,
    .restoredCopies,
  ]
  static let drawnTogether = allCases.filter { !later.contains($0) }
}

/// Some kinds of trouble.
struct Troubles: Sendable, Equatable {
  private(set) var bits: UInt64 = 0

  func contains(_ trouble: Trouble) -> Bool { bits & (1 << trouble.rawValue) != 0 }
  mutating func insert(_ trouble: Trouble) { bits |= 1 << trouble.rawValue }
  mutating func remove(_ troubles: Trouble...) {
    for trouble in troubles { bits &= ~(1 << trouble.rawValue) }
  }

  var names: String { Trouble.allCases.filter(contains).map { "\($0)" }.joined(separator: " ") }
}
