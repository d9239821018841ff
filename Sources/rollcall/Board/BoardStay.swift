import RollcallCore

/// Since when somebody is in the room, and since when they are as they are.
struct BoardStay: Hashable, Sendable {
  /// When something began.
  struct Start: Hashable, Sendable {
    let moment: Timestamp
    /// Whether it may have begun earlier: it was there when watching began.
    let isOpen: Bool

    /// How long it has been lasting.
    func clock(_ now: Timestamp) -> String {
      RunningClock.text(milliseconds: (now - moment).wholeMilliseconds) + (isOpen ? "+" : "")
    }
  }

  /// Who is coached.
  struct Coached: Hashable, Sendable {
    let sid: String
    let name: String

    init(_ sid: String, _ names: inout NameBook) {
      self.sid = sid
      name = names.name(of: sid)
    }
  }

  var name: String
  let entered: Start
  var muted: Start?
  var held: Start?
  var coaching: Start?
  /// nil where nobody is named.
  var coached: Coached?

  /// What they do, with the time that they have been doing it where there is room.
  func state(_ now: Timestamp, hasClocks: Bool) -> StyledText {
    let doing: [(words: String, start: Start?, style: TextStyle)] = [
      (StateWords.coaching(coached?.name), coaching, .cyan), (StateWords.muted, muted, .yellow),
      (StateWords.held, held, .magenta),
    ]
    var text = StyledText()
    for state in doing {
      guard let start = state.start else { continue }
      if text.columns > 0 { text.append(hasClocks ? " · " : " ", .faint) }
      text.append(state.words, state.style)
      if hasClocks { text.append(" \(start.clock(now))", .faint) }
    }
    return text
  }
}
