import RollcallCore
import Testing

@Suite struct `Access to an origin` {
  private static func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

  private func admit(_ access: inout OriginAccess, _ now: Timestamp) -> OriginAccess.Admission {
    access.admit(at: now)
  }

  @Test func `is open until the origin asks to be left alone, and then again`() {
    var access = OriginAccess()
    #expect(admit(&access, Self.at(0)) == .open)
    let failure = ScanFailure.unavailable(status: 503, retryAfter: .seconds(30))
    access.failed(failure, at: Self.at(10))
    access.failed(.throttled(retryAfter: .seconds(5)), at: Self.at(11))
    #expect(admit(&access, Self.at(39)) == .closed(until: Self.at(40), because: failure))
    #expect(admit(&access, Self.at(40)) == .open)
    access.failed(.throttled(retryAfter: .seconds(99_999)), at: Self.at(100))
    #expect(admit(&access, Self.at(999)) != .open)
    #expect(admit(&access, Self.at(1000)) == .open)
  }

  @Test func `is one request a minute while the token is refused`() {
    var access = OriginAccess()
    access.failed(.unauthorised, at: Self.at(0))
    access.failed(.unauthorised, at: Self.at(30))
    #expect(access.isRefused)
    #expect(admit(&access, Self.at(59)) == .closed(until: Self.at(60), because: .unauthorised))
    #expect(admit(&access, Self.at(60)) == .open)
    #expect(admit(&access, Self.at(60)) == .closed(until: Self.at(120), because: .unauthorised))
    access.failed(.unauthorised, at: Self.at(61))
    #expect(admit(&access, Self.at(119)) == .closed(until: Self.at(120), because: .unauthorised))
    access.renewed(at: Self.at(100))
    #expect(admit(&access, Self.at(100)) == .open)
    #expect(admit(&access, Self.at(101)) == .closed(until: Self.at(160), because: .unauthorised))
    let isNews = [access.accepted(), access.accepted()]
    #expect(isNews == [true, false])
    #expect(admit(&access, Self.at(102)) == .open)
  }

  @Test(arguments: [ScanFailure.notFound, .invalidPageToken])
  func `is open again where the origin has looked the rest of the request up`(_ failure: ScanFailure) {
    var access = OriginAccess()
    access.failed(.unauthorised, at: Self.at(0))
    access.failed(failure, at: Self.at(60))
    #expect(admit(&access, Self.at(61)) == .open)
  }

  @Test(arguments: [ScanFailure.unreachable(reason: "x"), .malformed(reason: "x"), .throttled(retryAfter: nil)])
  func `says nothing new about the token where the request has failed otherwise`(_ failure: ScanFailure) {
    var access = OriginAccess()
    access.failed(failure, at: Self.at(0))
    #expect(admit(&access, Self.at(0)) == .open)
    access.failed(.unauthorised, at: Self.at(0))
    access.failed(failure, at: Self.at(1))
    #expect(access.isRefused)
  }
}

@Suite struct `The spread of polls` {
  @Test(arguments: [(1, 2000), (7, 100), (100, 2000), (1000, 60_000), (10_000, 3_600_000)] as [(Int, Int64)])
  func `leaves no two thirds of a share empty and lets the first come soon`(_ count: Int, _ interval: Int64) {
    let start = Timestamp(milliseconds: 5_000_000)
    var offsets: [Int64] = []
    for index in 0..<count {
      let spread = PollSpread(index: index, startIndex: index)
      let first = start + spread.delay(interval: .milliseconds(interval))
      #expect(first >= start && first - start < .seconds(2) && first - start < .milliseconds(interval))
      var schedule = spread.schedule(start: start, interval: .milliseconds(interval))
      let next = schedule.succeeded(at: first)
      #expect(next > first && next - first <= .milliseconds(interval))
      offsets.append((next.milliseconds - start.milliseconds) % interval)
    }
    offsets.sort()
    let share = Double(interval) / Double(count)
    for (before, after) in zip(offsets, offsets.dropFirst()) { #expect(Double(after - before) <= share * 2 + 1) }
  }

  @Test func `a conference found alone is polled at once, whatever its number`() {
    #expect(PollSpread(index: 17, startIndex: 0).delay(interval: .seconds(2)) == .zero)
  }
}
