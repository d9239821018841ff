/// Puts one event into words. Names from outside are cut and have nothing hidden in them; markup is for the service's format.
enum ChatSentence {
  /// - Returns: the sentence, and how many are in the room where that belongs to it.
  static func sentence(of line: EventLine, _ names: SIDNames) -> (text: String, count: Int64?) {
    let who = who(in: line, names)
    let after = line.lasted.map { " after \($0)" } ?? ""
    if let state = line.isInitial ? state(in: line, names) : nil { return ("\(who) joined, \(state)", line.count) }
    switch line.type {
    case .participantPresent: return ("\(presence(of: line, names)) was there when watching began", line.count)
    case .participantJoined: return ("\(call(line, names)) joined", line.count)
    case .participantLeft: return ("\(call(line, names)) left\(after)", line.count)
    case .participantMuted: return ("\(who) was muted", nil)
    case .participantUnmuted: return ("\(who) was unmuted\(after)", nil)
    case .participantHeld: return ("\(who) was put on hold", nil)
    case .participantUnheld: return ("\(who) was taken off hold\(after)", nil)
    case .participantCoachingStarted: return ("\(who) started coaching\(coached(line, names))", nil)
    case .participantCoachingStopped: return ("\(who) stopped coaching\(coached(line, names))\(after)", nil)
    case .participantUpdated: return ("\(who): \(changes(in: line))", nil)
    case .conferenceStarted: return ("The conference started", nil)
    case .conferenceEnded: return ("The conference ended", nil)
    case .watchStarted, .watchInterrupted, .watchResumed, .watchHeartbeat, .watchStopped: return (watch(line), nil)
    }
  }

  /// What an initial event adds to a join; nil for other events.
  static func state(in line: EventLine, _ names: SIDNames) -> String? {
    switch line.type {
    case .participantMuted: "muted"
    case .participantHeld: "on hold"
    case .participantCoachingStarted: "coaching\(coached(line, names))"
    case .participantPresent, .participantJoined, .participantLeft, .participantUnmuted, .participantUnheld,
      .participantCoachingStopped, .participantUpdated, .conferenceStarted, .conferenceEnded, .watchStarted,
      .watchInterrupted, .watchResumed, .watchHeartbeat, .watchStopped:
      nil
    }
  }

  /// Somebody who is there when watching begins, with how they are.
  static func presence(of line: EventLine, _ names: SIDNames) -> String {
    let flags = [("muted", "muted"), ("hold", "on hold"), ("coaching", "coaching")]
    let states = flags.filter { line.record[$0.0]?.asBool == true }.map(\.1)
    return who(in: line, names) + (states.isEmpty ? "" : " (\(states.joined(separator: ", ")))")
  }

  private static func watch(_ line: EventLine) -> String {
    if line.isTest { return "This is a test by rollcall check; nothing has happened" }
    let reason = ShownName.cut(line.text("reason").map(spaced) ?? "no reason is known")
    switch line.type {
    case .watchInterrupted:
      let error = ShownName.of(line.text("error")).map { ": \($0)" } ?? ""
      return "Watching is interrupted (\(reason))\(error)"
    case .watchResumed:
      let gap = line.span(from: "from", to: "to").map { "; nobody looked for \($0)" } ?? ""
      return "Watching goes on (\(reason))\(gap)"
    case .watchStarted: return "Watching began"
    case .watchStopped: return "Watching stopped (\(reason))"
    case .watchHeartbeat, .participantPresent, .participantJoined, .participantLeft, .participantMuted,
      .participantUnmuted, .participantHeld, .participantUnheld, .participantCoachingStarted,
      .participantCoachingStopped, .participantUpdated, .conferenceStarted, .conferenceEnded:
      return "Watching goes on"
    }
  }

  /// Whom the event is about: the user's name for the call, the provider's label, or the end of the sid.
  private static func who(in line: EventLine, _ names: SIDNames) -> String {
    name(in: line, names) ?? ShownName.short(line.call ?? "?")
  }

  /// The same at the beginning of a sentence that would read oddly with a bare sid.
  private static func call(_ line: EventLine, _ names: SIDNames) -> String {
    name(in: line, names) ?? "Call \(ShownName.short(line.call ?? "?"))"
  }

  private static func name(in line: EventLine, _ names: SIDNames) -> String? {
    ShownName.of(line.call.flatMap { names[$0] }) ?? ShownName.of(line.record["label"]?.asText)
  }

  private static func coached(_ line: EventLine, _ names: SIDNames) -> String {
    line.coached.map { " " + (ShownName.of(names[$0]) ?? ShownName.short($0)) } ?? ""
  }

  private static func changes(in line: EventLine) -> String {
    line.changes.map { change in
      let key = ShownName.cut(spaced(change.key))
      return "\(key) \(value(change.value["from"])) → \(value(change.value["to"]))"
    }.joined(separator: ", ")
  }

  private static func value(_ value: JSONValue?) -> String {
    switch value {
    case .string(let text): ShownName.of(text) ?? "none"
    case .bool(let flag): flag ? "yes" : "no"
    case .number(let text): ShownName.cut(text)
    case .null, .array, .object, nil: "none"
    }
  }

  /// The provider's and the stream's own words, such as `poll_failed`, for people.
  private static func spaced(_ text: String) -> String { text.split(separator: "_").joined(separator: " ") }
}
