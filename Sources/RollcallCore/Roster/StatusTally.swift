/// Counts the statuses in a list, which decide whether statuses mean anything in a conference.
///
/// Some providers list everyone as `completed`, or without a status, so that neither means anything. Once any row of a
/// conference has had another status, its statuses are live.
struct StatusTally: Equatable, Sendable {
  enum Kind: Sendable {
    case missing
    /// `completed` or `complete`.
    case completed
    /// Any other status.
    case live

    init(_ status: String?) {
      switch status {
      case nil, "": self = .missing
      case "completed", "complete": self = .completed
      default: self = .live
      }
    }
  }

  private var missing = 0
  private var completed = 0
  private var live = 0

  /// Whether any row shows that statuses are live.
  var isLive: Bool { live > 0 }
  /// Whether there are rows and all of them say `completed`.
  var isAllCompleted: Bool { completed > 0 && missing == 0 && live == 0 }

  /// Adds the rows of a page, stopping at the first live one because no more is needed.
  mutating func add(_ page: Page) {
    for row in page.rows.indices where !isLive { count(page.statusKind(of: row), 1) }
  }

  /// Updates a page's tally to that of its successor.
  mutating func apply(_ delta: PageDelta, from old: Page, to new: Page) {
    for change in delta.changed where !change.isRedated {
      if let before = change.old { count(old.statusKind(of: before), -1) }
      count(new.statusKind(of: change.new), 1)
    }
    for row in delta.removed { count(old.statusKind(of: row), -1) }
  }

  static func + (left: StatusTally, right: StatusTally) -> StatusTally {
    var sum = left
    sum.missing += right.missing
    sum.completed += right.completed
    sum.live += right.live
    return sum
  }

  private mutating func count(_ kind: Kind, _ step: Int) {
    switch kind {
    case .missing: missing += step
    case .completed: completed += step
    case .live: live += step
    }
  }
}

extension Page {
  /// Returns the kind of a row's status without creating a string.
  fileprivate func statusKind(of row: Int) -> StatusTally.Kind {
    guard let contents = contents(.status, of: row) else { return .missing }
    if rows[row].isEscaped(.status) { return StatusTally.Kind(text(.status, of: row)) }
    switch contents.count {
    case 0: return .missing
    case 8 where contents.elementsEqual("complete".utf8), 9 where contents.elementsEqual("completed".utf8):
      return .completed
    default: return .live
    }
  }
}

extension [ParticipantRow] {
  /// How many rows of a whole list are in the room, as far as this list alone can say.
  package var countInRoom: Int {
    let isLive = contains { StatusTally.Kind($0.state.status) == .live }
    return count { $0.presence.isInRoom(whereStatusesAreLive: isLive) }
  }
}
