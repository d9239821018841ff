/// How the events of a run are shown on standard output.
enum EventDisplay: Sendable {
  /// As they are stored.
  case ndjson
  /// As rows for people.
  case text(TextDisplay)
  /// As a board that is drawn in place.
  case board(BoardDisplay)

  /// Where log lines are kept while a board is drawn; nil where none is.
  var hold: LogHold? {
    switch self {
    case .ndjson, .text: nil
    case .board(let board): board.hold
    }
  }

  /// Whether it calls people by their names.
  var showsNames: Bool {
    switch self {
    case .ndjson: false
    case .text, .board: true
    }
  }

  /// The same with names.
  func calling(_ names: ShownNames) -> EventDisplay {
    switch self {
    case .ndjson: return self
    case .text(var text):
      text.names = names
      return .text(text)
    case .board(var board):
      board.names = names
      return .board(board)
    }
  }
}

struct TextDisplay: Sendable {
  var look: TerminalLook
  var namesConference: Bool
  var names = ShownNames.none
}

struct BoardDisplay: Sendable {
  var look: TerminalLook
  var names = ShownNames.none
  let hold = LogHold()
}
