/// A first-in, first-out queue whose operations take constant time on average.
package struct FIFO<Element: Sendable>: Sendable {
  private var elements: [Element] = []
  private var head = 0

  package init() {}

  package var count: Int { elements.count - head }
  package var isEmpty: Bool { count == 0 }
  package var first: Element? { isEmpty ? nil : elements[head] }
  package var last: Element? { isEmpty ? nil : elements.last }

  /// The elements from first to last.
  package var contents: ArraySlice<Element> { elements[head...] }

  package mutating func append(_ element: Element) {
    elements.append(element)
  }

  package mutating func updateLast(_ body: (inout Element) -> Void) {
    guard !isEmpty else { return }
    body(&elements[elements.count - 1])
  }

  package mutating func popFirst() -> Element? {
    guard !isEmpty else { return nil }
    let element = elements[head]
    head += 1
    // Moving the rest costs less than the removals since the last move.
    if head > elements.count / 2 {
      elements.removeSubrange(..<head)
      head = 0
    }
    return element
  }
}

/// A binary heap whose least element comes first; equal elements are in no order.
package struct Heap<Element: Comparable> {
  private var elements: [Element] = []

  package init() {}

  package var isEmpty: Bool { elements.isEmpty }
  package var least: Element? { elements.first }

  package mutating func insert(_ element: Element) {
    elements.append(element)
    var child = elements.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard elements[child] < elements[parent] else { return }
      elements.swapAt(child, parent)
      child = parent
    }
  }

  package mutating func popLeast() -> Element? {
    guard let last = elements.popLast() else { return nil }
    guard let least = elements.first else { return last }
    elements[0] = last
    var parent = 0
    while true {
      var smallest = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < elements.count && elements[child] < elements[smallest] { smallest = child }
      guard smallest != parent else { return least }
      elements.swapAt(parent, smallest)
      parent = smallest
    }
  }
}

extension Heap: Sendable where Element: Sendable {}

/// Waiting lanes by the time they are due; those due at the same time are in the order of insertion.
struct DueList: Sendable {
  struct Item: Sendable {
    var due: Timestamp
    var lane: Int
  }

  /// The latest first, so that the next one is at the end.
  private var items: [Item] = []

  var earliest: Timestamp? { items.last?.due }

  /// The lanes, the next one first.
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

  /// Removes a lane, due or not.
  mutating func remove(_ lane: Int) {
    items.removeAll { $0.lane == lane }
  }

  /// Removes and returns the next lane if it is due.
  mutating func popFirst(dueAt now: Timestamp) -> Int? {
    guard let last = items.last, last.due <= now else { return nil }
    items.removeLast()
    return last.lane
  }

  /// Removes and returns all lanes and when they are due, the next one first.
  mutating func removeAll() -> [(lane: Int, due: Timestamp)] {
    defer { items.removeAll() }
    return items.reversed().map { ($0.lane, $0.due) }
  }
}
