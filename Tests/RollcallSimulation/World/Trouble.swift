/// A kind of trouble. Each seed draws few or many kinds, so that a world with few of them sees each often.
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
  /// Lists omit a participant for a minute or longer.
  case hiddenPeople
  /// Lists show a participant for a minute or longer after they left.
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

  // Troubles added later, drawn separately.
  /// Another program locks the state file.
  case locks
  case slowDisk
  /// Every row is `completed`, whatever participants do.
  case deadStatuses
  /// Only the list of conferences fails, for a while.
  case lostDiscovery
  /// Only one conference is refused, for a while.
  case forbiddenRooms
  /// One request in a few is throttled, for a while.
  case throttleStorms
  /// Receivers move to another address, and a signal announces that.
  case moves
  /// An older copy replaces the state file between two runs.
  case restoredCopies

  /// Kinds drawn separately, so that existing seeds keep their worlds.
  static let later: [Trouble] = [
    .locks, .slowDisk, .deadStatuses, .lostDiscovery, .forbiddenRooms, .throttleStorms, .moves,
    .restoredCopies,
  ]
  static let drawnTogether = allCases.filter { !later.contains($0) }
}

/// A set of kinds of trouble.
struct Troubles: Sendable, Equatable {
  private(set) var bits: UInt64 = 0

  func contains(_ trouble: Trouble) -> Bool { bits & (1 << trouble.rawValue) != 0 }
  mutating func insert(_ trouble: Trouble) { bits |= 1 << trouble.rawValue }
  mutating func remove(_ troubles: Trouble...) {
    for trouble in troubles { bits &= ~(1 << trouble.rawValue) }
  }

  var names: String { Trouble.allCases.filter(contains).map { "\($0)" }.joined(separator: " ") }
}
