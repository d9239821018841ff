import RollcallCore

/// Milliseconds of true time since the simulation began. The code under test never sees one.
typealias Moment = Int64

/// The schedule of the world, on one thread: a heap of due times. Actions due at the same time run in the order in
/// which they were added.
final class Agenda {
  private struct Item: Comparable {
    var due: Moment
    var number: UInt64
    var body: () -> Void

    static func < (left: Item, right: Item) -> Bool { (left.due, left.number) < (right.due, right.number) }
    static func == (left: Item, right: Item) -> Bool { left.number == right.number }
  }

  private(set) var now: Moment = 0
  /// The number of actions that have run.
  private(set) var steps = 0
  private var heap = Heap<Item>()
  private var count: UInt64 = 0

  /// Schedules an action; one due in the past is due now.
  func at(_ due: Moment, _ body: @escaping () -> Void) {
    count += 1
    heap.insert(Item(due: max(due, now), number: count, body: body))
  }

  func after(_ wait: Int64, _ body: @escaping () -> Void) { at(now + wait, body) }

  /// When the next action is due; nil if none is left.
  var next: Moment? { heap.least?.due }

  /// Runs the next action if it is due.
  func step() {
    guard let least = heap.least, least.due <= now, let first = heap.popLeast() else { return }
    steps += 1
    first.body()
  }

  /// Advances the time; a time in the past changes nothing.
  func advance(to moment: Moment) { now = max(now, moment) }

  /// Skips time in which nothing happens, as while the machine is suspended.
  func skip(_ time: Int64) { now += time }

  /// Drops all actions, and what they retain.
  func clear() { heap = Heap() }
}
