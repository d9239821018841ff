import RollcallCore
import RollcallKit

/// Warns of conferences that nobody watched at the moment at which their rooms are shown.
struct UnwatchedTimes {
  /// The minimum age of the last saved scan from which a room is no longer current. A watch with shorter intervals saves
  /// one about every 10 seconds, and polls an empty room as often.
  private static let currency = Duration.seconds(60)

  let file: StateReader
  /// The moment; nil for now.
  let moment: Timestamp?
  let now: Timestamp

  /// - Parameter isShown: whether the room of a conference is shown.
  func warn(of isShown: (ConferenceSID) -> Bool, on log: StandardError) {
    // The rooms themselves were read from the events, so a damaged table only costs these warnings.
    guard let heads = try? file.rooms().map(\.head) else { return }
    var gaps: [(conference: ConferenceSID, from: Timestamp, to: Timestamp)] = []
    var old: [(conference: ConferenceSID, seen: Timestamp)] = []
    for head in heads where isShown(head.conference) {
      if let gap = gap(of: head.conference) {
        gaps.append((head.conference, gap.from, gap.to))
      } else if !head.isOver, let seen = head.lastScanEnd, isOld(seen, head.conference) {
        old.append((head.conference, seen))
      }
    }
    if let longest = gaps.max(by: { $0.to - $0.from < $1.to - $1.from }) {
      let what =
        gaps.count == 1
        ? "\(longest.conference) was not watched" : "\(gaps.count) conferences were not watched, one of them"
      log.log(
        .warning,
        "\(what) from \(longest.from.rfc3339) to \(longest.to.rfc3339): who came and went then is unknown")
    }
    if let last = old.max(by: { $0.seen < $1.seen }) {
      let what = old.count == 1 ? "\(last.conference) was last seen" : "\(old.count) conferences were last seen"
      let when = last.seen.rfc3339 + (old.count == 1 ? "" : " or before")
      log.log(moment == nil ? .notice : .warning, "\(what) at \(when): who came and went since is unknown")
    }
  }

  /// Whether a scan is too old to show a room as it is at the moment.
  private func isOld(_ seen: Timestamp, _ conference: ConferenceSID) -> Bool {
    let age = (moment ?? now) - seen
    guard age > Self.currency else { return false }
    let began = try? file.last(.watchStarted, of: conference)
    let interval = began.flatMap { EventLine($0).number("interval_ms") } ?? 0
    return age > .milliseconds(3 * interval)
  }

  /// Returns the reported outage around the moment; nil if there was none.
  private func gap(of conference: ConferenceSID) -> (from: Timestamp, to: Timestamp)? {
    guard let moment, let event = try? file.first(.watchResumed, of: conference, after: moment), !event.isDamaged,
      let from = EventLine(event).text("from").flatMap(Timestamp.init(rfc3339:)), from < moment,
      let to = EventLine(event).text("to").flatMap(Timestamp.init(rfc3339:))
    else { return nil }
    return (from, to)
  }
}
