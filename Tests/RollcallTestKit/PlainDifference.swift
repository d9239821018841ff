package import RollcallCore

/// The events between two lists of one conference, derived from the rows by the contract alone, independently of the
/// code under test.
package struct PlainDifference {
  private struct State: Equatable {
    var muted, hold, coaching, starts, ends: Bool
    var target, status, label: String?

    init(_ row: JSONValue) {
      func flag(_ key: String) -> Bool { row[key] == .bool(true) }
      (muted, hold, coaching) = (flag("muted"), flag("hold"), flag("coaching"))
      (starts, ends) = (flag("start_conference_on_enter"), flag("end_conference_on_exit"))
      let named = (row["call_sid_to_coach"] ?? row["coaching_call_sid"])?.asText ?? ""
      target = coaching && !named.isEmpty ? named : nil
      (status, label) = (row["status"]?.asText, row["label"]?.asText)
    }
  }

  /// One line for each event, with everything that the model knows about it.
  package private(set) var events: [String] = []
  private let isLive: Bool
  private let timestamp: String
  private let bound: String
  private var people: [String: JSONValue] = [:]

  package init(from before: [JSONValue], to after: [JSONValue]) {
    isLive = (before + after).contains { row in
      let status = row["status"]?.asText ?? ""
      return !["", "completed", "complete"].contains(status)
    }
    let epoch = "1970-01-01T00:00:00.000Z"
    bound = Self.latestDate(before) ?? epoch
    timestamp = [Self.latestDate(before), Self.latestDate(after)].compactMap(\.self).max() ?? epoch
    people = present(before)
    tell(present(after), after)
  }

  /// Returns the calls of the participants who are in the room according to one list.
  package static func present(in rows: [JSONValue]) -> Set<String> {
    Set(PlainDifference(from: rows, to: rows).people.keys)
  }

  /// Returns the line of ``events`` that corresponds to an event's JSON.
  package static func summary(_ line: JSONValue) -> String {
    let keys = [
      "type", "call_sid", "timestamp", "occurred_after", "participant_count", "confirmed_by", "changes", "initial",
      "call_sid_to_coach",
    ]
    return keys.map { line[$0]?.text ?? "-" }.joined(separator: " ")
  }

  private func present(_ rows: [JSONValue]) -> [String: JSONValue] {
    var present: [String: JSONValue] = [:]
    for row in rows {
      let status = row["status"]?.asText ?? ""
      var out = ["queued", "initiated", "connecting", "ringing", "failed", "busy", "no-answer", "canceled"]
      if isLive { out += ["completed", "complete"] }
      if let call = row["call_sid"]?.asText, !out.contains(status) { present[call] = row }
    }
    return present
  }

  private mutating func tell(_ now: [String: JSONValue], _ after: [JSONValue]) {
    let listed = Dictionary(after.map { ($0["call_sid"]?.asText ?? "", $0) }) { $1 }
    let rejoined = people.keys.filter { call in
      guard let old = people[call]?["date_created"].flatMap(Self.date), let row = now[call] else { return false }
      return row["date_created"].flatMap(Self.date).map { $0 > old } ?? false
    }
    for call in people.keys.sorted() {
      if rejoined.contains(call) {
        leave(call, "rejoined")
      } else if now[call] == nil {
        let status = listed[call]?["status"]?.asText ?? ""
        let isOver = listed[call] != nil && !["queued", "initiated", "connecting", "ringing"].contains(status)
        leave(call, isOver ? "row_finished" : "list_only")
      }
    }
    let stayed = people.keys.sorted()
    let arrived = now.filter { people[$0.key] == nil }.sorted { left, right in
      let (first, second) = (
        left.value["date_created"].flatMap(Self.date), right.value["date_created"].flatMap(Self.date)
      )
      return (first ?? "~", left.key) < (second ?? "~", right.key)
    }
    for (call, row) in arrived { join(call, row) }
    for call in stayed { if let row = now[call] { change(call, to: row) } }
  }

  private mutating func leave(_ call: String, _ evidence: String) {
    let state = State(people[call] ?? .null)
    if state.coaching { stopCoaching(call, state) }
    people[call] = nil
    add("participant.left", call, [("confirmed_by", .string(evidence))])
  }

  private mutating func join(_ call: String, _ row: JSONValue) {
    people[call] = row
    add("participant.joined", call)
    var entering = State(.null)
    let state = State(row)
    (entering.starts, entering.ends, entering.status, entering.label) = (
      state.starts, state.ends, state.status, state.label
    )
    begin(call, entering, state, [("initial", .bool(true))])
  }

  private mutating func change(_ call: String, to row: JSONValue) {
    let (old, new) = (State(people[call] ?? .null), State(row))
    people[call] = row
    if old.coaching, !new.coaching || old.target != new.target { stopCoaching(call, old) }
    if old.muted, !new.muted {
      add("participant.unmuted", call, [Self.changes([("muted", .bool(true), .bool(false))])])
    }
    if old.hold, !new.hold { add("participant.unheld", call, [Self.changes([("hold", .bool(true), .bool(false))])]) }
    begin(call, old, new, [])
    var others: [(String, JSONValue, JSONValue)] = []
    if old.status != new.status { others.append(("status", Self.text(old.status), Self.text(new.status))) }
    if old.starts != new.starts { others.append(("start_conference_on_enter", .bool(old.starts), .bool(new.starts))) }
    if old.ends != new.ends { others.append(("end_conference_on_exit", .bool(old.ends), .bool(new.ends))) }
    if old.label != new.label { others.append(("label", Self.text(old.label), Self.text(new.label))) }
    if !others.isEmpty { add("participant.updated", call, [Self.changes(others)]) }
  }

  private mutating func begin(_ call: String, _ old: State, _ new: State, _ more: [(String, JSONValue)]) {
    if !old.muted, new.muted {
      add("participant.muted", call, [Self.changes([("muted", .bool(false), .bool(true))])] + more)
    }
    if !old.hold, new.hold {
      add("participant.held", call, [Self.changes([("hold", .bool(false), .bool(true))])] + more)
    }
    if new.coaching, !old.coaching || old.target != new.target {
      let changes = Self.changes([
        ("coaching", .bool(false), .bool(true)), ("call_sid_to_coach", .null, Self.text(new.target)),
      ])
      add("participant.coaching_started", call, [changes, ("call_sid_to_coach", Self.text(new.target))] + more)
    }
  }

  private mutating func stopCoaching(_ call: String, _ state: State) {
    let changes = Self.changes([
      ("coaching", .bool(true), .bool(false)), ("call_sid_to_coach", Self.text(state.target), .null),
    ])
    add("participant.coaching_stopped", call, [changes, ("call_sid_to_coach", Self.text(state.target))])
  }

  private mutating func add(_ type: String, _ call: String, _ more: [(String, JSONValue)] = []) {
    let common: [(key: String, value: JSONValue)] = [
      ("type", .string(type)), ("call_sid", .string(call)), ("timestamp", .string(timestamp)),
      ("occurred_after", .string(bound)), ("participant_count", .number(text: "\(people.count)")),
    ]
    events.append(Self.summary(.object(common + more.map { ($0.0, $0.1) })))
  }

  private static func changes(_ fields: [(String, JSONValue, JSONValue)]) -> (String, JSONValue) {
    ("changes", .object(fields.map { ($0.0, .object([("from", $0.1), ("to", $0.2)])) }))
  }

  private static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

  private static func latestDate(_ rows: [JSONValue]) -> String? {
    rows.flatMap { [$0["date_created"], $0["date_updated"]] }.compactMap { $0.flatMap(date) }.max()
  }

  /// Converts a date such as `Mon, 24 Sept 2018 21:00:00 +0000` to RFC 3339; nil for any other text or zone.
  private static func date(_ value: JSONValue) -> String? {
    let parts = (value.asText ?? "").split(separator: " ")
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    guard parts.count == 6, parts[5] == "+0000", let month = months.firstIndex(of: String(parts[2].prefix(3))) else {
      return nil
    }
    let day = parts[1].count == 1 ? "0\(parts[1])" : String(parts[1])
    return "\(parts[3])-\(month < 9 ? "0" : "")\(month + 1)-\(day)T\(parts[4]).000Z"
  }
}
