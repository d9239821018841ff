/// Decides when a conference is polled because a hint said that something in it may have changed.
///
/// A hint is not believed: it only says when to look. Lists lag behind the callbacks that announce a change, so several
/// looks follow a hint, whatever they show. The interval's own polls are not counted among them and go on as they
/// would.
package struct HintedLooks: Equatable, Sendable {
  /// When the looks are due, counted from the last hint.
  package static let delays: [Duration] = [.zero, .milliseconds(250), .seconds(1), .seconds(3)]
  /// The minimum time between the start of a poll and that of a look, so that a flood of hints cannot cause a flood of
  /// polls.
  package static let spacing: Duration = .milliseconds(200)

  private var hintedAt: Timestamp?
  /// The place of the next look in ``delays``; none follows the last one.
  private var next = delays.count
  private var lastPollBegan: Timestamp?
  /// Whether a hint may have announced what the next complete poll finds.
  package private(set) var announces = false

  package init() {}

  /// When the next look is due; nil if none is.
  package var due: Timestamp? {
    guard let hintedAt, next < Self.delays.count else { return nil }
    let moment = hintedAt + Self.delays[next]
    return lastPollBegan.map { max(moment, $0 + Self.spacing) } ?? moment
  }

  /// Takes a hint. The looks begin anew: a poll that is under way may already have read the list.
  package mutating func hint(at now: Timestamp) {
    (hintedAt, next, announces) = (now, 0, true)
  }

  /// Records that a poll of the conference begins, which stands for every look that is due by now.
  package mutating func pollBegan(at now: Timestamp) {
    lastPollBegan = now
    guard let hintedAt else { return }
    while next < Self.delays.count, hintedAt + Self.delays[next] <= now { next += 1 }
  }

  /// Records that the poll which began last was complete.
  package mutating func pollWasComplete() {
    // A hint that came during the poll may be about something that the poll did not see.
    if next == Self.delays.count { announces = false }
  }
}
