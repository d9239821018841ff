/// Milliseconds of true time since the simulation began. Nothing that is tested ever sees one as it is.
typealias Moment = Int64

/// What happens when, in one thread: a heap of due moments. What is due together happens in the order in which it was
/// put down.
final class Agenda {
  private struct Item {
    var due: Moment
    var number: UInt64
    var body: () -> Void

    func precedes(_ other: Item) -> Bool { due != other.due ? due < other.due : number < other.number }
  }

  private(set) var now: Moment = 0
  /// How many things have happened.
  private(set) var steps = 0
  private var heap: [Item] = []
  private var count: UInt64 = 0

  /// Puts something down; a moment that has passed becomes the present one.
  func at(_ due: Moment, _ body: @escaping () -> Void) {
    count += 1
    heap.append(Item(due: max(due, now), number: count, body: body))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].precedes(heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  func after(_ wait: Int64, _ body: @escaping () -> Void) { at(now + wait, body) }

  /// Lets the next thing happen.
  ///
  /// - Returns: false where nothing is left up to that moment.
  func step(until end: Moment) -> Bool {
    guard let first = heap.first, first.due <= end else { return false }
    if heap.count > 1 { heap.swapAt(0, heap.count - 1) }
    heap.removeLast()
    sink()
    now = max(now, first.due)
    steps += 1
    first.body()
    return true
  }

  /// Lets time pass in which nothing happens, as while the machine is suspended.
  func skip(_ time: Int64) { now += time }

  /// Forgets everything, and with it whoever waits for it.
  func clear() { heap = [] }

  private func sink() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].precedes(heap[least]) {
        least = child
      }
      guard least != parent else { return }
      heap.swapAt(least, parent)
      parent = least
    }
  }
}
