import RollcallCore
import Testing

@Suite struct `A timestamp` {
  private static let first = Timestamp(milliseconds: .min)
  private static let last = Timestamp(milliseconds: .max)

  @Test func `saturates when a duration is added`() {
    #expect(Self.last + .milliseconds(1) == Self.last)
    #expect(Self.first - .milliseconds(1) == Self.first)
    #expect(Self.last + .seconds(Int64.max) == Self.last)
    #expect(Self.first + .seconds(Int64.min) == Self.first)
    #expect(Self.first + (Self.last - Self.first) == Timestamp(milliseconds: -1))
  }

  @Test(arguments: [(Int64.max, Int64.min), (.max, -1), (.min, 1), (.min, .max), (0, .min), (5, 7)])
  func `has a difference to any other timestamp`(later: Int64, earlier: Int64) {
    let passed = Timestamp(milliseconds: later) - Timestamp(milliseconds: earlier)
    #expect(passed == .milliseconds(Int128(later) - Int128(earlier)))
    let (whole, passesEnd) = later.subtractingReportingOverflow(earlier)
    #expect(passed.wholeMilliseconds == (passesEnd ? (later < earlier ? .min : .max) : whole))
  }
}
