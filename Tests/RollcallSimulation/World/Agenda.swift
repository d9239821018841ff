import RollcallCore

/// Milliseconds of true time since the simulation began. Nothing that is tested ever sees one as it is.
typealias Moment = Int64

/// What happens when, in one thread: a heap of due moments. What is due together happens in the order in which it was
/// put down.
final class Agenda {
  private struct Item: Comparable {
    var due: Moment
    var number: UInt64
    var body: () -> Void

    static func < (left: Item, right: Item) -> Bool { (left.due, left.number) < (right.due, right.number) }
    static func == (left: Item, right: Item) -> Bool { left.number == right.number }
  }

  private(set) var now: Moment = 0
  /// How many things have happened.
  private(set) var steps = 0
  private var heap = Heap<Item>()
  private var count: UInt64 = 0

  /// Puts something down; a moment that has passed becomes the present one.
  func at(_ due: Moment, _ body: @escaping () -> Void) {
    count += 1
    heap.insert(Item(due: max(due, now), number: count, body: body))
  }

  func after(_ wait: Int64, _ body: @escaping () -> Void) { at(now + wait, body) }

  /// When the next thing happens; nil where nothing is left.
  var next: Moment? { heap.least?.due }

  /// Lets the next thing happen, whose moment has come.
  func step() {
    guard let least = heap.least, least.due <= now, let first = heap.popLeast() else { return }
    steps += 1
    first.body()
  }

  /// Goes on to a moment; one that is gone changes nothing.
  func advance(to moment: Moment) { now = max(now, moment) }

  /// Lets time pass in which nothing happens, as while the machine is suspended.
  func skip(_ time: Int64) { now += time }

  /// Forgets everything, and with it whoever waits for it.
  func clear() { heap = Heap() }
}
