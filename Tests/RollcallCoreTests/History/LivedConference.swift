import RollcallCore
import RollcallTestKit

/// The events of an invented conference, including failed polls.
enum LivedConference {
  static func events(seed: UInt64, polls: Int = 60) -> [StoredEvent] {
    var random = SplitMix64(seed: seed)
    guard var conference = TrackedConference(confirmsLeft: !random.happens(onceIn: 4)) else { return [] }
    var life = RandomLife()
    for _ in 0..<polls {
      life.step(&random)
      life.noteOutage(&conference, &random)
      if random.happens(onceIn: 6) {
        conference.now = conference.now + .seconds(Int.random(in: 1...40, using: &random))
      }
      _ = conference.poll(failing: random.happens(onceIn: 5) ? .unreachable(reason: "silence") : nil)
      if conference.folded.hasEnded { break }
    }
    return conference.events
  }

  static func history(_ events: some Sequence<StoredEvent>) throws(HistoryFault) -> ConferenceHistory? {
    var fold = HistoryFold()
    for event in events { try fold.fold(line: event.line) }
    return fold.finished().first
  }
}
