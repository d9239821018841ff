import RollcallCore

/// Checks the pauses of an origin against its answers: a refusal of one conference must not delay the others.
///
/// A 401 may pause the origin, unless others have been accepted since the same conference was last refused. A 403 never
/// may.
struct RefusalJudge {
  /// A refused conference, or the list of conferences.
  private struct Refused {
    /// When another conference's list was first accepted after the refusal; nil if none was.
    var isAloneSince: Moment?
  }

  private var refused: [String?: Refused] = [:]
  /// Whether a refusal may pause the origin now.
  private var isRefused = false
  /// The end of the pause that the origin asked for.
  private var pauseEnd: Moment = -1
  /// The last moment at which there was a reason for a pause.
  private var lastReason: Moment = -1
  private var lastOpened: Moment = 0

  /// Records an answer to a request for a list.
  ///
  /// - Parameters:
  ///   - source: the conference; nil for the list of conferences.
  ///   - isAccepted: whether the reply is a valid page of participants.
  mutating func answered(_ source: String?, status: Int?, isAccepted: Bool, at now: Moment) {
    guard status == 401 else {
      refused[source] = nil
      if isAccepted { accepted(at: now) }
      return
    }
    if let moment = refused[source]?.isAloneSince, moment < now {
      refused[source]?.isAloneSince = nil
    } else {
      refused[source] = refused[source] ?? Refused()
      isRefused = true
    }
  }

  private mutating func accepted(at now: Moment) {
    if isRefused { lastReason = now }
    isRefused = false
    for other in refused.keys where refused[other]?.isAloneSince == nil { refused[other]?.isAloneSince = now }
  }

  /// Records a pause that any reply asks for.
  mutating func asksForPause(_ milliseconds: Int64, at now: Moment) { pauseEnd = max(pauseEnd, now + milliseconds) }

  /// Records that polls that had to wait for the origin begin.
  ///
  /// - Returns: the fault; nil if there is none.
  mutating func opened(at now: Moment) -> String? {
    let last = isRefused ? now : max(lastReason, min(pauseEnd, now))
    defer { lastOpened = now }
    return last < lastOpened ? "the origin was paused although it refused only one conference" : nil
  }
}
