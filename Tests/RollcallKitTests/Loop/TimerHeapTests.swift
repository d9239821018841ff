import Testing

@testable import RollcallKit

@Suite struct `The heap of timers` {
  @Test(arguments: 0..<50 as Range<UInt64>)
  func `returns due timers in order, whatever was removed before`(seed: UInt64) {
    var state = seed &+ 1
    func random(below bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    var heap = TimerHeap()
    var kept: [SleepTimer] = []
    for _ in 0..<200 {
      switch random(below: 4) {
      case 0 where !kept.isEmpty: heap.remove(kept.remove(at: random(below: kept.count)))
      case 1 where !kept.isEmpty:
        heap.move(kept[random(below: kept.count)], to: BootInstant(nanoseconds: Int64(random(below: 100))))
      default:
        let timer = SleepTimer(deadline: BootInstant(nanoseconds: Int64(random(below: 100))))
        kept.append(timer)
        heap.insert(timer)
      }
    }
    let bound = BootInstant(nanoseconds: 60)
    var popped: [BootInstant] = []
    while let timer = heap.popDue(by: bound) { popped.append(timer.deadline) }
    #expect(popped == kept.map(\.deadline).filter { $0 <= bound }.sorted())
    #expect(heap.count == kept.count - popped.count)
  }
}
