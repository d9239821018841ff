/// Rows in aligned columns, for people.
struct Table: Sendable {
  /// Blanks between columns.
  private static let gap = 2

  private var rows: [[String]]

  init(columns: [String]) {
    rows = [columns]
  }

  /// Adds a row. Cells beyond the columns are dropped, absent ones are empty; every cell is made safe to show.
  mutating func append(_ cells: [String]) {
    let count = rows[0].count
    let known = cells.prefix(count).map(TerminalText.sanitised)
    rows.append(known + repeatElement("", count: count - known.count))
  }

  /// A line for the header and one for each row, each ended by a newline and without trailing blanks.
  func render() -> String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    var text = ""
    for row in rows {
      var line = ""
      for (cell, width) in zip(row, widths) {
        line += cell + String(repeating: " ", count: width - cell.count + Self.gap)
      }
      while line.last == " " { line.removeLast() }
      text += line + "\n"
    }
    return text
  }
}
