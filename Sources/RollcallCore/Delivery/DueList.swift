/// Lanes that wait, by the moment until which they do; those of one moment in the order in which they came.
struct DueList: Sendable {
  struct Item: Sendable {
    var due: Timestamp
    var lane: Int
  }

  /// The latest first, so that the next one is taken from the end.
  private var items: [Item] = []

  var earliest: Timestamp? { items.last?.due }

  /// The next one first.
  var lanes: [Int] { items.reversed().map(\.lane) }

  mutating func insert(_ lane: Int, due: Timestamp) {
    var low = 0
    var high = items.count
    while low < high {
      let middle = (low + high) / 2
      if items[middle].due > due { low = middle + 1 } else { high = middle }
    }
    items.insert(Item(due: due, lane: lane), at: low)
  }

  /// Takes a lane out, whenever its time is.
  mutating func remove(_ lane: Int) {
    items.removeAll { $0.lane == lane }
  }

  /// Takes the next lane out, if its time has come.
  mutating func popFirst(dueAt now: Timestamp) -> Int? {
    guard let last = items.last, last.due <= now else { return nil }
    items.removeLast()
    return last.lane
  }

  /// Takes all lanes out, the next one first.
  mutating func removeAll() -> [Int] {
    defer { items.removeAll() }
    return lanes
  }
}
