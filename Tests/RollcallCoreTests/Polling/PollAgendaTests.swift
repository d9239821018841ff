import RollcallTestKit
import Testing

@testable import RollcallCore

@Suite struct `An agenda of polls` {
  private static func moment(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

  /// Returns the polls that begin at a moment.
  private static func polls(_ agenda: inout PollAgenda, at milliseconds: Int64, _ budget: inout RequestBudget) -> [Int]
  {
    var numbers: [Int] = []
    let now = moment(milliseconds)
    agenda.collect(at: now, budget)
    while budget.isOpen(at: now), let number = agenda.next() {
      budget.begin(at: now)
      numbers.append(number)
    }
    return numbers
  }

  @Test func `begins due polls, earliest first, and simultaneous ones in the order of arrival`() {
    var agenda = PollAgenda()
    var budget = RequestBudget(requestsPerSecond: 1000, interval: .seconds(2))
    for (number, due) in [(1, 300), (2, 100), (3, 300), (4, 200)] {
      agenda.add(number, due: Self.moment(Int64(due)), isBusy: false)
    }
    #expect(agenda.wakeTime(budget) == Self.moment(100))
    #expect(Self.polls(&agenda, at: 99, &budget) == [])
    #expect(Self.polls(&agenda, at: 250, &budget) == [2, 4])
    #expect(agenda.wakeTime(budget) == Self.moment(300))
    #expect(Self.polls(&agenda, at: 300, &budget) == [1, 3])
    #expect(agenda.wakeTime(budget) == nil)
  }

  @Test func `delays polls beyond the budget, and says until when`() throws {
    var agenda = PollAgenda()
    var budget = RequestBudget(requestsPerSecond: 10, interval: .seconds(2))
    for number in 1...5 { agenda.add(number, due: Self.moment(1000), isBusy: false) }
    #expect(Self.polls(&agenda, at: 1000, &budget) == [1, 2])
    #expect(agenda.wakeTime(budget) == Self.moment(1100))
    #expect(Self.polls(&agenda, at: 1100, &budget) == [3])
  }

  @Test func `prefers busy conferences, but none waits longer than the preference`() {
    var budget = RequestBudget(requestsPerSecond: 10, interval: .seconds(2))
    budget.add(.init(pages: 40))
    #expect(budget.preference == .seconds(3))
    var agenda = PollAgenda()
    agenda.add(1, due: Self.moment(10_000), isBusy: false)
    agenda.add(2, due: Self.moment(12_000), isBusy: true)
    agenda.add(3, due: Self.moment(13_500), isBusy: true)
    #expect(Self.polls(&agenda, at: 13_500, &budget) == [2, 1])
    #expect(Self.polls(&agenda, at: 14_000, &budget) == [3])
  }

  @Test func `releases conferences at their deadlines, and hastens others`() {
    var agenda = PollAgenda()
    let budget = RequestBudget(requestsPerSecond: 10, interval: .seconds(2))
    agenda.add(1, due: Self.moment(1000), isBusy: false)
    agenda.add(2, due: Self.moment(1000), isBusy: false, deadline: Self.moment(5000))
    agenda.add(3, due: Self.moment(60_000), isBusy: false)
    agenda.collect(at: Self.moment(4999), budget)
    #expect(agenda.firstDeadline == Self.moment(5000) && agenda.takeLate(at: Self.moment(4999)) == nil)
    #expect(agenda.takeLate(at: Self.moment(5000)) == 2)
    #expect(agenda.firstDeadline == nil && agenda.nextDue == Self.moment(60_000))
    agenda.hasten(3, to: Self.moment(5000))
    agenda.collect(at: Self.moment(5000), budget)
    #expect(agenda.next { $0 == 3 } == 3)
    #expect(agenda.next() == 1 && agenda.next() == nil)
  }

  @Test func `knows the earliest deadline, however conferences come and go`() {
    var random = SplitMix64(seed: 20)
    var agenda = PollAgenda()
    let budget = RequestBudget(requestsPerSecond: 10, interval: .seconds(2))
    var deadlines: [Int: Timestamp] = [:]
    for number in 0..<Int(Seeds.first(2000).upperBound) {
      let deadline =
        Int.random(in: 0..<4, using: &random) == 0 ? nil : Self.moment(.random(in: 1000..<1500, using: &random))
      agenda.add(number, due: Self.moment(0), isBusy: false, deadline: deadline)
      deadlines[number] = deadline
      agenda.collect(at: Self.moment(0), budget)
      if Bool.random(using: &random) {
        let chosen = Int.random(in: 0...number, using: &random)
        if agenda.next(where: { $0 == chosen }) != nil { deadlines[chosen] = nil }
      }
      #expect(agenda.firstDeadline == deadlines.values.min())
    }
    while let first = deadlines.values.min() {
      #expect(agenda.takeLate(at: first - .milliseconds(1)) == nil)
      guard let late = agenda.takeLate(at: first) else { break }
      #expect(deadlines.removeValue(forKey: late) == first)
    }
    #expect(deadlines.isEmpty && agenda.firstDeadline == nil)
  }
}
