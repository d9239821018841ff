/// A queue that takes at one end and gives at the other, both in constant time on average.
package struct FIFO<Element: Sendable>: Sendable {
  private var elements: [Element] = []
  private var head = 0

  package init() {}

  package var count: Int { elements.count - head }
  package var isEmpty: Bool { count == 0 }
  package var first: Element? { isEmpty ? nil : elements[head] }
  package var last: Element? { isEmpty ? nil : elements.last }

  /// What is in the queue, first to last.
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
    // Moving what is left costs less than what was taken out since the last time.
    if head > elements.count / 2 {
      elements.removeSubrange(..<head)
      head = 0
    }
    return element
  }
}

/// A binary heap: the least element first, equal ones in no order.
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
