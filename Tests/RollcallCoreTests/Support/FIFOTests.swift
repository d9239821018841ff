import RollcallCore
import Testing

struct FIFOTests {
  @Test(arguments: [1, 2, 3] as [UInt64])
  func `a queue returns the same elements as an array would`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var queue = FIFO<Int>()
    var model: [Int] = []
    for step in 0..<5000 {
      if Bool.random(using: &random) || step % 1000 < 200 {
        queue.append(step)
        model.append(step)
      } else {
        #expect(queue.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
      }
      #expect(queue.count == model.count && queue.first == model.first && queue.isEmpty == model.isEmpty)
    }
    #expect(Array(queue.contents) == model)
  }
}
