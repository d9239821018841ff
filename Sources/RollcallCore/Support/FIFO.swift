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
