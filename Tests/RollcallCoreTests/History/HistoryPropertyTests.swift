import RollcallCore
import RollcallTestKit
import Testing

@Suite struct `A history folded from events` {
  @Test(arguments: Seeds.first(40))
  func `has the totals of each participant's events`(seed: UInt64) throws {
    let events = LivedConference.events(seed: seed)
    let history = try #require(try LivedConference.history(events))
    let plain = PlainHistory(events)
    Self.compare(history, plain)
    #expect(history.interruptions.filter { !$0.isOpen }.reduce(0) { $0 + $1.milliseconds } <= plain.interrupted)
    #expect(history.missing == 0)
  }

  @Test(arguments: Seeds.first(40))
  func `has properly nested spans, and none of one kind overlap`(seed: UInt64) throws {
    let events = LivedConference.events(seed: seed)
    let whole = try #require(try LivedConference.history(events))
    // The same holds for a stream that begins in the middle.
    let rest = try #require(try LivedConference.history(events.suffix(events.count / 2)))
    for history in [whole, rest] {
      let bounds = history.start...history.end
      for person in history.people {
        let stays = person.spans(.presence)
        for kind in HistorySpan.Kind.allCases {
          let spans = person.spans(kind)
          for span in spans {
            #expect(span.start <= span.end && bounds.contains(span.start) && bounds.contains(span.end))
            #expect(stays.contains { $0.start <= span.start && span.end <= $0.end })
          }
          for (earlier, later) in zip(spans, spans.dropFirst()) { #expect(earlier.end <= later.start) }
          #expect(person.milliseconds(kind) <= person.milliseconds(.presence))
        }
      }
      for (earlier, later) in zip(history.interruptions, history.interruptions.dropFirst()) {
        #expect(earlier.end <= later.start)
      }
    }
  }

  @Test(arguments: Seeds.first(40))
  func `clipped to a time keeps what came after it`(seed: UInt64) throws {
    let events = LivedConference.events(seed: seed)
    let history = try #require(try LivedConference.history(events))
    var random = SplitMix64(seed: seed)
    let moment = history.start + .milliseconds(Int64.random(in: 0...history.milliseconds, using: &random))
    let part = try #require(history.clipped(from: moment))
    #expect(part.start == moment && part.end == history.end)
    Self.compare(part, PlainHistory(events, from: moment))
    #expect(history.clipped(from: history.end + .milliseconds(1)) == nil)
  }

  @Test(arguments: Seeds.first(20))
  func `ignores repeated events, and ends at its limit`(
    seed: UInt64
  ) throws {
    let events = LivedConference.events(seed: seed)
    let history = try LivedConference.history(events)
    #expect(try LivedConference.history(events.flatMap { [$0, $0] }) == history)
    let middle = try #require(events.dropFirst(events.count / 2).first).timestamp
    var fold = HistoryFold(until: middle)
    for event in events { try fold.fold(line: event.line) }
    #expect(fold.finished().first == (try LivedConference.history(events.filter { $0.timestamp <= middle })))
  }

  @Test(arguments: 0..<30 as Range<UInt64>)
  func `counts the people whose events are missing`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var conference = try #require(TrackedConference())
    var life = RandomLife()
    for _ in 0..<30 {
      life.step(&random)
      conference.people = life.people
      _ = conference.poll()
    }
    let history = try #require(try LivedConference.history(conference.events.suffix(conference.events.count / 3)))
    let known = history.people.count { $0.isOpen(.presence) }
    #expect(known + history.missing == conference.tracker.room.participants.count)
  }

  /// Pairs the people of two histories by call.
  private static func compare(_ history: ConferenceHistory, _ plain: PlainHistory) {
    for person in history.people {
      let totals = plain.totals[person.call.text] ?? [:]
      for kind in HistorySpan.Kind.allCases { #expect(person.milliseconds(kind) == totals[kind.rawValue] ?? 0) }
      #expect(person.joins == plain.joins[person.call.text] ?? 0)
    }
    let known = Set(history.people.map(\.call.text))
    #expect(plain.totals.allSatisfy { known.contains($0.key) || $0.value.values.allSatisfy { $0 == 0 } })
    let presence = history.people.reduce(0) { $0 + $1.milliseconds(.presence) }
    #expect(presence == history.counts.integral(until: history.end))
    #expect(presence == plain.peopleMilliseconds)
    #expect(history.peak == plain.peak)
    if history.milliseconds > 0 {
      #expect(abs(history.average * Double(history.milliseconds) - Double(presence)) < 1)
    }
  }
}
