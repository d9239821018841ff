import RollcallCore

/// A table of text in aligned columns.
struct Table: Sendable {
  /// A column's title, and how it shrinks in a narrow window.
  struct Column: Sendable {
    let title: String
    /// The widths that cells may be cut to: the first to keep a less important column, the second to keep the most
    /// important of the columns that can be left out. No column is cut to the second while another is wider than its
    /// first. nil if cells are never cut.
    var minimum: (comfortable: Int, legible: Int)?
    /// The order in which columns are left out if there is no room for all, highest number first; nil for never.
    var omission: Int?

    init(_ title: String, minimum: (comfortable: Int, legible: Int)? = nil, omission: Int? = nil) {
      self.title = title
      self.minimum = minimum
      self.omission = omission
    }
  }

  /// The number of spaces between columns.
  private static let gap = 2

  private let columns: [Column]
  private var rows: [[StyledText]]

  init(columns: [String]) { self.init(columns.map { Column($0) }) }

  init(_ columns: [Column]) {
    self.columns = columns
    rows = [columns.map { StyledText($0.title, .faint) }]
  }

  /// Adds a row. Extra cells are dropped, missing ones are empty; every cell is made safe to show.
  mutating func append(_ cells: [String]) { append(cells.map { StyledText($0) }) }

  mutating func append(_ cells: [StyledText]) {
    let missing = max(0, columns.count - cells.count)
    rows.append(Array(cells.prefix(columns.count)) + Array(repeating: StyledText(), count: missing))
  }

  /// Returns a line for the header and one for each row, each with a newline, without trailing spaces and no wider
  /// than the window.
  func render(_ terminal: TerminalCapabilities = .plain) -> String {
    let limit = terminal.width()
    let widths = widths(in: limit)
    var text = ""
    for row in rows {
      var (line, column) = (StyledText(), 0)
      for (cell, width) in zip(row, widths) {
        guard let width else { continue }
        line.pad(to: column)
        line.append(cell.cut(to: width))
        column += width + Self.gap
      }
      text += line.cut(to: limit).written(hasColour: terminal.hasColour) + "\n"
    }
    return text
  }

  /// Returns whether a column is left out, because the window is too narrow for it.
  func leavesOut(_ column: Int, _ terminal: TerminalCapabilities) -> Bool {
    widths(in: terminal.width())[column] == nil
  }

  /// Returns the width of each column; nil for one that is left out.
  private func widths(in limit: Int?) -> [Int?] {
    let natural = columns.indices.map { column in rows.map { $0[column].columns }.max() ?? 0 }
    var widths = natural.map(Int?.some)
    guard let limit else { return widths }
    let comfortable = columns.indices.map { min(natural[$0], columns[$0].minimum?.comfortable ?? .max) }
    let least = columns.indices.map { min(natural[$0], columns[$0].minimum?.legible ?? .max) }
    let omissible = columns.indices.filter { columns[$0].omission != nil }
      .sorted { columns[$0].omission ?? 0 > columns[$1].omission ?? 0 }
    for column in omissible {
      let shown = widths.indices.filter { widths[$0] != nil }
      let wanted = column == omissible.last ? least : comfortable
      guard Self.total(shown.map { wanted[$0] }) > limit else { break }
      widths[column] = nil
    }
    var excess = Self.total(widths.compactMap(\.self)) - limit
    for minimum in [comfortable, least] {
      // The widest column shrinks first, so that short cells stay whole.
      while excess > 0 {
        let shrinkable = widths.indices.filter { widths[$0] ?? 0 > minimum[$0] }
        guard let widest = shrinkable.max(by: { widths[$0] ?? 0 < widths[$1] ?? 0 }) else { break }
        widths[widest]? -= 1
        excess -= 1
      }
    }
    return widths
  }

  private static func total(_ widths: [Int]) -> Int {
    widths.reduce(0, +) + gap * max(0, widths.count - 1)
  }
}
