import RollcallCore
import Testing

struct DeliveryOutcomeTests {
  @Test func `every status means what the contract says`() {
    let wait = Duration.seconds(7)
    for status in 100...599 {
      let expected: DeliveryOutcome =
        switch status {
        case 200...299: .delivered
        case 400, 413, 415, 422: .rejected(status: status)
        case 410: .gone
        default: .retry(retryAfter: wait)
        }
      #expect(DeliveryOutcome.classify(status: status, retryAfter: wait) == expected)
    }
    #expect(DeliveryOutcome.classify(status: nil) == .retry(retryAfter: nil))
  }

  @Test(arguments: [401, 403, 404])
  func `a refusal by a chat service is final`(status: Int) {
    #expect(DeliveryOutcome.classify(status: status, refusalIsFinal: true) == .gone)
    #expect(DeliveryOutcome.classify(status: status) == .retry(retryAfter: nil))
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `attempts are made at the contract's intervals, plus or minus a fifth`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for (failures, seconds) in [(1, 1), (2, 5), (3, 30), (4, 120), (5, 300), (6, 300), (1000, 300)] as [(Int, Int64)] {
      let delays = (0..<300).map { _ in
        RetryPolicy.delay(failures: failures, retryAfter: nil, using: &random).components
      }
      let milliseconds = delays.map { $0.seconds * 1000 + $0.attoseconds / 1_000_000_000_000_000 }
      #expect(milliseconds.allSatisfy { (seconds * 800...seconds * 1200).contains($0) })
      #expect(milliseconds.contains { $0 < seconds * 850 } && milliseconds.contains { $0 > seconds * 1150 })
    }
  }

  @Test func `Retry-After is the minimum wait, up to 15 minutes`() {
    var random = SplitMix64(seed: 1)
    #expect(RetryPolicy.delay(failures: 1, retryAfter: .seconds(60), using: &random) == .seconds(60))
    #expect(RetryPolicy.delay(failures: 5, retryAfter: .seconds(1), using: &random) >= .seconds(240))
    #expect(RetryPolicy.delay(failures: 1, retryAfter: .seconds(86_400), using: &random) == .seconds(900))
  }
}
