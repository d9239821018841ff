import RollcallCore

/// How high everything in a chart is, in pixels: the more people, the lower.
struct LaneGeometry: Equatable {
  let row: Int
  /// Of the bar in the middle of a row.
  let bar: Int
  /// The size of names, in tenths of pixels.
  let font: Int

  init(people: Int) {
    switch people {
    case ...14: (row, bar, font) = (34, 22, 135)
    case ...40: (row, bar, font) = (26, 18, 125)
    case ...100: (row, bar, font) = (21, 15, 115)
    default: (row, bar, font) = (17, 13, 105)
    }
  }

  /// Whether there are so many lanes that arrows would hide them.
  var isDense: Bool { row < 26 }

  func top(_ index: Int) -> Int { index * row + (row - bar) / 2 }

  func middle(_ index: Int) -> Int { index * row + row / 2 }

  /// Where in a bar a state has its track: coaching at the top, held in the middle, muted at the bottom.
  func track(_ kind: HistorySpan.Kind, _ index: Int) -> (top: Int, height: Int) {
    let height = (bar - 4) / 3
    let top = top(index)
    switch kind {
    case .presence: return (top, bar)
    case .coaching: return (top + 1, height)
    case .held: return (top + (bar - height) / 2, height)
    case .muted: return (top + bar - 1 - height, height)
    }
  }
}
