import RollcallCore
import Testing

@testable import rollcall

/// A terminal that does not wrap: the cursor stays on the last character of a full line.
private struct PlainScreen {
  let columns: Int
  private var rows: [[Character]]
  private var (row, column) = (0, 0)

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = Array(repeating: Array(repeating: "x", count: columns), count: rows)
  }

  /// The text on the screen, without blanks at the ends of lines.
  var lines: [String] {
    rows.map { row in String(row.reversed().drop { $0 == " " }.reversed()) }
  }

  mutating func write(_ text: String) {
    var rest = Substring(text)
    while let character = rest.popFirst() {
      guard character == "\u{1B}" else {
        rows[row][min(column, columns - 1)] = character
        column = min(column + 1, columns - 1)
        continue
      }
      let end = rest.firstIndex { $0.isLetter } ?? rest.endIndex
      perform(rest[end], rest[rest.index(after: rest.startIndex)..<end].split(separator: ";").compactMap { Int($0) })
      rest = rest[rest.index(after: end)...]
    }
  }

  private mutating func perform(_ command: Character, _ numbers: [Int]) {
    switch (command, numbers) {
    case ("H", _): (row, column) = (numbers[0] - 1, numbers[1] - 1)
    case ("K", []): erase(row, from: column)
    case ("J", []):
      erase(row, from: column)
      for row in rows.indices.dropFirst(row + 1) { erase(row, from: 0) }
    case ("J", [2]): for row in rows.indices { erase(row, from: 0) }
    case ("m", _): break
    default: Issue.record("the board wrote an unexpected escape sequence \(numbers) \(command)")
    }
  }

  private mutating func erase(_ row: Int, from column: Int) {
    for column in column..<columns { rows[row][column] = " " }
  }
}

@Suite struct `The screen of a board` {
  private static let events = [
    ToldEvents.event(.participantPresent, 0, "call-aaaa", record: #""label":"agent","muted":true"#),
    ToldEvents.event(.participantPresent, 0, "call-bbbb"),
    ToldEvents.event(.watchStarted, 0, nil, #""baseline":2,"interval_ms":2000"#),
  ]

  @Test(arguments: [20, 47, 48, 49, 64, 80, 131, 200], [false, true])
  func `shows every line to its last column`(columns: Int, hasColour: Bool) {
    let size = WindowSize(columns: columns, rows: 8)
    var (board, screen) = (Board(zone: .utc), PlainScreen(columns: columns, rows: size.rows))
    var drawn: [String]?
    for (second, event) in Self.events.enumerated() {
      board.take(event)
      let now = event.timestamp + .seconds(second)
      let lines = board.lines(in: size, at: now)
      let frame = lines.map { $0.written(hasColour: hasColour) }
      screen.write(BoardScreen.frame(frame, over: drawn))
      drawn = frame
      let rest = repeatElement("", count: size.rows - lines.count)
      #expect(screen.lines == lines.map(\.text) + rest)
      #expect(columns < Board.leastWidth || screen.lines[0].hasSuffix("  09:43:0\(second)"))
    }
  }

  @Test func `erases old lines, and writes nothing if nothing has changed`() {
    var screen = PlainScreen(columns: 4, rows: 4)
    screen.write(BoardScreen.frame(["abcd", "efgh", "ijkl"], over: nil))
    screen.write(BoardScreen.frame(["abcd", "e"], over: ["abcd", "efgh", "ijkl"]))
    #expect(screen.lines == ["abcd", "e", "", ""])
    #expect(BoardScreen.frame(["abcd", "e"], over: ["abcd", "e"]).isEmpty)
  }
}
