/// The sleepers by deadline: a binary heap that can give up any of its members.
struct TimerHeap {
  private var timers: [SleepTimer] = []

  var count: Int { timers.count }

  /// When the next one is due.
  var next: BootInstant? { timers.first?.deadline }

  mutating func insert(_ timer: SleepTimer) {
    timers.append(timer)
    timer.position = timers.count - 1
    rise(from: timers.count - 1)
  }

  /// Takes out the first timer that is due by now.
  mutating func popDue(by now: BootInstant) -> SleepTimer? {
    guard let first = timers.first, first.deadline <= now else { return nil }
    remove(first)
    return first
  }

  /// Takes a timer out; does nothing where it is not in the heap.
  mutating func remove(_ timer: SleepTimer) {
    guard let position = timer.position else { return }
    timer.position = nil
    let last = timers.removeLast()
    guard position < timers.count else { return }
    timers[position] = last
    last.position = position
    rise(from: position)
    sink(from: position)
  }

  /// Gives a timer another deadline, whether it is in the heap or not.
  mutating func move(_ timer: SleepTimer, to deadline: BootInstant) {
    timer.deadline = deadline
    guard let position = timer.position else { return }
    rise(from: position)
    sink(from: timer.position ?? position)
  }

  private mutating func rise(from start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      guard timers[child].deadline < timers[parent].deadline else { return }
      exchange(child, parent)
      child = parent
    }
  }

  private mutating func sink(from start: Int) {
    var parent = start
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < timers.count {
        if timers[child].deadline < timers[least].deadline { least = child }
      }
      guard least != parent else { return }
      exchange(parent, least)
      parent = least
    }
  }

  private mutating func exchange(_ left: Int, _ right: Int) {
    timers.swapAt(left, right)
    timers[left].position = left
    timers[right].position = right
  }
}
