/// Rows in aligned columns, for people.
struct Table: Sendable {
  /// Blanks between columns.
  private static let gap = 2

  private var rows: [[StyledText]]

  init(columns: [String]) {
    rows = [columns.map { StyledText($0, .faint) }]
  }

  /// Adds a row. Cells beyond the columns are dropped, absent ones are empty; every cell is made safe to show.
  mutating func append(_ cells: [String]) { append(cells.map { StyledText($0) }) }

  mutating func append(_ cells: [StyledText]) {
    let count = rows[0].count
    let missing = max(0, count - cells.count)
    rows.append(Array(cells.prefix(count)) + Array(repeating: StyledText(), count: missing))
  }

  /// A line for the header and one for each row, each ended by a newline, without trailing blanks and cut to the width.
  func render(_ look: TerminalLook = .plain) -> String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].columns }.max() ?? 0 }
    let limit = look.width()
    var text = ""
    for row in rows {
      var (line, column) = (StyledText(), 0)
      for (cell, width) in zip(row, widths) {
        line.pad(to: column)
        line.append(cell)
        column += width + Self.gap
      }
      text += line.cut(to: limit).written(hasColour: look.hasColour) + "\n"
    }
    return text
  }
}
