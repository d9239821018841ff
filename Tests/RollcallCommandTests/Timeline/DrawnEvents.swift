import RollcallCore
import RollcallTestKit

@testable import rollcall

/// The lines of an invented stream.
struct DrawnEvents {
  static let start = Timestamp(milliseconds: 1_795_426_980_000)
  private(set) var lines: [[UInt8]] = []
  private(set) var stream = EventStream(epoch: 7)
  var now = start
  private var people: [String: String] = [:]

  mutating func add(_ type: String, _ conference: String = "c", _ rest: String = "") {
    let sequence = lines.count + 1
    let number = String(repeating: "0", count: 12 - "\(sequence)".count) + "\(sequence)"
    let text =
      #"{"id":"evt_0000000000000007_\#(number)","type":"\#(type)","timestamp":"\#(now.rfc3339)","#
      + #""sequence":\#(sequence),"conference_sid":"\#(conference)"\#(rest)}"#
    lines.append(Array(text.utf8))
  }

  /// - Parameter label: the label, which is written as a JSON string.
  mutating func add(
    _ type: String, _ conference: String = "c", call: String, count: Int, label: String? = nil, _ rest: String = ""
  ) {
    var quoted: [UInt8] = []
    JSONText.append(label, to: &quoted)
    let after = (now - .seconds(2)).rfc3339
    let record = #"{"label":\#(String(decoding: quoted, as: UTF8.self))}"#
    add(
      "participant.\(type)", conference,
      #","occurred_after":"\#(after)","call_sid":"\#(call)","participant":\#(record),"participant_count":\#(count)"#
        + rest)
  }

  var histories: [ConferenceHistory] {
    get throws(HistoryFault) {
      var fold = HistoryFold()
      for line in lines { try fold.fold(line: line) }
      return fold.finished()
    }
  }

  /// Returns a conference in which people come, change their states and mostly leave, with some outages.
  static func lively(seed: UInt64, people: Int, label: (Int) -> String?) -> DrawnEvents {
    var random = SplitMix64(seed: seed)
    var events = DrawnEvents()
    var states: [String: Set<String>] = [:]
    for index in 0..<people {
      let call = "call-\(index)"
      events.add(index < 2 ? "present" : "joined", call: call, count: states.count + 1, label: label(index))
      states[call] = []
      for call in states.keys.sorted() where random.happens(onceIn: 4) {
        let (state, off) = [("muted", "unmuted"), ("held", "unheld"), ("coaching_started", "coaching_stopped")][
          Int.random(in: 0..<3, using: &random)]
        let isOn = states[call]?.insert(state).inserted == true
        if !isOn { states[call]?.remove(state) }
        let target = #","call_sid_to_coach":"call-\#(Int.random(in: 0...index, using: &random))""#
        events.add(isOn ? state : off, call: call, count: states.count, state == "coaching_started" ? target : "")
      }
      if random.happens(onceIn: 3), let call = states.keys.sorted().first {
        states[call] = nil
        events.add("left", call: call, count: states.count)
      }
      events.now = events.now + .milliseconds(Int64.random(in: 0...20_000, using: &random))
      if random.happens(onceIn: 9) { events.add("watch.interrupted", "c", #","reason":"throttled""#) }
    }
    return events
  }
}
