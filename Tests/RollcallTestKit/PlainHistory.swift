package import RollcallCore

/// How long each participant was in each state, added up event by event as a consumer would, independently of the code
/// under test.
package struct PlainHistory {
  package private(set) var totals: [String: [String: Int64]] = [:]
  package private(set) var joins: [String: Int] = [:]
  package private(set) var peopleMilliseconds: Int64 = 0
  package private(set) var peak = 0
  package private(set) var interrupted: Int64 = 0
  private var since: [String: [String: Int64]] = [:]
  private var count: Int64 = 0
  private var last: Int64?
  private let from: Int64

  package init(_ events: [StoredEvent], from: Timestamp = Timestamp(milliseconds: .min)) {
    self.from = from.milliseconds
    for event in events { fold(event) }
    if let last, last >= self.from { peak = max(peak, Int(count)) }
    for call in since.keys.sorted() {
      for kind in ["room", "muted", "held", "coaching"] { stop(call, kind, at: last ?? 0) }
    }
  }

  private mutating func fold(_ event: StoredEvent) {
    let now = event.timestamp.milliseconds
    if let last { peopleMilliseconds += count * max(0, now - max(last, from)) }
    // Of the events of one poll, only the last one has the number of people that there were.
    if now > from, now != last { peak = max(peak, Int(count)) }
    last = now
    guard let json = try? JSONReader.read(event.line) else { return }
    if json["type"]?.asText == "watch.resumed", let text = json["from"]?.asText, let start = Timestamp(rfc3339: text) {
      interrupted += now - start.milliseconds
    }
    if let number = json["participant_count"]?.asInteger { count = number }
    guard let call = json["call_sid"]?.asText, let type = json["type"]?.asText else { return }
    let record = json["participant"]
    switch type.split(separator: ".").last.map(String.init) ?? "" {
    case "present":
      start(call, "room", at: now)
      if record?["muted"] == .bool(true) { start(call, "muted", at: now) }
      if record?["hold"] == .bool(true) { start(call, "held", at: now) }
      if record?["coaching"] == .bool(true) { start(call, "coaching", at: now) }
    case "joined":
      start(call, "room", at: now)
      if now >= from { joins[call, default: 0] += 1 }
    case "left": for kind in ["room", "muted", "held", "coaching"] { stop(call, kind, at: now) }
    case "muted": start(call, "muted", at: now)
    case "unmuted": stop(call, "muted", at: now)
    case "held": start(call, "held", at: now)
    case "unheld": stop(call, "held", at: now)
    case "coaching_started": start(call, "coaching", at: now)
    case "coaching_stopped": stop(call, "coaching", at: now)
    default: break
    }
  }

  private mutating func start(_ call: String, _ kind: String, at now: Int64) { since[call, default: [:]][kind] = now }

  private mutating func stop(_ call: String, _ kind: String, at now: Int64) {
    guard let start = since[call]?.removeValue(forKey: kind) else { return }
    totals[call, default: [:]][kind, default: 0] += max(0, now - max(start, from))
  }
}
