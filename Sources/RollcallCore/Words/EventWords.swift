/// An event in words, for rows, the board and messages. These differ in the names of participants, in their looks, and
/// in which events they combine.
package struct EventWords: Sendable {
  private enum Link: String {
    case none = " "
    case was = " was "
    case now = " is "
    case had = " had "
    case hasBeen = " has been "
    case hasHad = " has had "
    case colon = ": "
  }

  /// The prefix of the words about an alert.
  private enum Mark: String {
    case raised = "alert"
    case resolved = "alert over"
  }

  /// The subject of an event without a participant.
  private let subject: String?
  /// What connects the subject or participant with the rest of a sentence. Rows leave out its verbs.
  private let link: Link
  private let predicate: String
  private let mark: Mark?
  /// The state of a participant who has just joined, if the event only adds it to the join.
  package let state: String?

  /// - Parameters:
  ///   - coached: the name of the participant whose call is ``EventLine/coached``.
  ///   - shown: makes a text from outside safe to show.
  package init(_ line: EventLine, coached: String?, shown: (String) -> String = { $0 }) {
    state = line.isInitial ? Self.state(line.type, coached) : nil
    switch line.type {
    case .alertRaised: mark = .raised
    case .alertResolved: mark = .resolved
    case .participantPresent, .participantJoined, .participantLeft, .participantMuted, .participantUnmuted,
      .participantHeld, .participantUnheld, .participantCoachingStarted, .participantCoachingStopped,
      .participantUpdated, .conferencePresent, .conferenceStarted, .conferenceEnded, .watchStarted, .watchInterrupted,
      .watchResumed, .watchHeartbeat, .watchStopped:
      mark = nil
    }
    if line.isTest {
      (subject, link, predicate) = ("this", .none, "is a test by rollcall check; nothing has happened")
    } else {
      (subject, link, predicate) = Self.words(of: line, state: state, coached, shown)
    }
  }

  /// The words without the participant, as in a row: `muted`, `the conference ended`, `watching interrupted (poll
  /// failed)`.
  package var headline: String {
    if let mark { return "\(mark.rawValue): \(predicate)" }
    return (subject.map { $0 + Link.none.rawValue } ?? "") + predicate
  }

  /// Returns a sentence: `Anna was muted`, `The conference ended`.
  ///
  /// - Parameter who: the participant's name, for events that have no subject of their own.
  package func sentence(about who: String) -> String {
    let text = (subject ?? who) + link.rawValue + predicate
    if let mark { return mark.rawValue.prefix(1).uppercased() + mark.rawValue.dropFirst() + ": " + text }
    return subject == nil ? text : text.prefix(1).uppercased() + text.dropFirst()
  }

  private static func words(
    of line: EventLine, state: String?, _ coached: String?, _ shown: (String) -> String
  ) -> (String?, Link, String) {
    let after = line.lasted.map { " after \($0)" } ?? ""
    let whom = coached.map { " \($0)" } ?? ""
    if let state { return (nil, .none, "\(state) on entering") }
    switch line.type {
    case .participantPresent:
      return (nil, .none, (["is there"] + StateWords.list(of: line, coached)).joined(separator: ", "))
    case .participantJoined: return (nil, .none, "joined")
    case .participantLeft: return (nil, .none, "left\(after)")
    case .participantMuted: return (nil, .was, "muted")
    case .participantUnmuted: return (nil, .was, "unmuted\(after)")
    case .participantHeld: return (nil, .was, "put on hold")
    case .participantUnheld: return (nil, .was, "taken off hold\(after)")
    case .participantCoachingStarted: return (nil, .none, "started coaching\(whom)")
    case .participantCoachingStopped: return (nil, .none, "stopped coaching\(whom)\(after)")
    case .participantUpdated: return (nil, .colon, changes(in: line, shown))
    case .conferencePresent: return ("the conference", .none, "is there")
    case .conferenceStarted: return ("the conference", .none, "started")
    case .conferenceEnded: return ("the conference", .none, "ended")
    case .alertRaised, .alertResolved: return alert(line, shown)
    case .watchStarted: return ("watching", .none, "began\(pace(of: line))")
    case .watchInterrupted: return ("watching", .now, "interrupted (\(shown(line.reason)))\(error(in: line, shown))")
    case .watchResumed:
      let gap = line.span(from: "from", to: "to").map { "; not watched for \($0)" } ?? ""
      return ("watching", .none, "resumed (\(shown(line.reason)))\(gap)")
    case .watchHeartbeat: return (nil, .colon, counts(in: line))
    case .watchStopped: return ("watching", .none, "stopped (\(shown(line.reason)))")
    }
  }

  private static func alert(_ line: EventLine, _ shown: (String) -> String) -> (String?, Link, String) {
    let isRaised = line.type == .alertRaised
    let lasted = (isRaised ? line.span(from: "since", to: "timestamp") : line.lasted).map { " for \($0)" } ?? ""
    let been: Link = isRaised ? .hasBeen : .was
    let had: Link = isRaised ? .hasHad : .had
    let subject = line.call == nil ? "the conference" : nil
    let name = line.alert ?? ""
    switch AlertCondition.subject(ofAlert: name) {
    case .hold: return (subject, been, StateWords.held + lasted)
    case .muted: return (subject, been, StateWords.muted + lasted)
    case .coaching: return (subject, been, StateWords.coaching() + lasted)
    case .alone: return (subject, had, "only one participant\(lasted)")
    case .empty: return (subject, been, "empty\(lasted)")
    case .people:
      let count = name.split(separator: ":").dropFirst().first.map { "more than \($0)" } ?? "many"
      return (subject, had, "\(shown(count)) participants\(lasted)")
    case nil: return (subject, been, "as in \(shown(name))\(lasted)")
    }
  }

  private static func state(_ type: EventType, _ coached: String?) -> String? {
    switch type {
    case .participantMuted: StateWords.muted
    case .participantHeld: StateWords.held
    case .participantCoachingStarted: StateWords.coaching(coached)
    case .participantPresent, .participantJoined, .participantLeft, .participantUnmuted, .participantUnheld,
      .participantCoachingStopped, .participantUpdated, .conferencePresent, .conferenceStarted, .conferenceEnded,
      .alertRaised, .alertResolved, .watchStarted, .watchInterrupted, .watchResumed, .watchHeartbeat, .watchStopped:
      nil
    }
  }

  private static func pace(of line: EventLine) -> String {
    line.number("interval_ms").map { ", polling every \(DurationText.format(.milliseconds($0)))" } ?? ""
  }

  private static func error(in line: EventLine, _ shown: (String) -> String) -> String {
    line.text("error").flatMap(ShownName.used).map { ": \(shown($0))" } ?? ""
  }

  private static func counts(in line: EventLine) -> String {
    [("conferences", "conferences"), ("participants", "people"), ("undelivered", "undelivered")].compactMap {
      key, word in line.number(key).map { "\(word): \($0)" }
    }.joined(separator: ", ")
  }

  private static func changes(in line: EventLine, _ shown: (String) -> String) -> String {
    line.changes.map { change in
      let values = [change.value["from"], change.value["to"]].map { value($0, shown) }
      return "\(shown(EventLine.spaced(change.key))) \(values.joined(separator: " → "))"
    }.joined(separator: ", ")
  }

  private static func value(_ value: JSONValue?, _ shown: (String) -> String) -> String {
    switch value {
    case .string(let text): ShownName.used(text).map(shown) ?? "none"
    case .bool(let flag): flag ? "yes" : "no"
    case .number(let text): shown(text)
    case .null, .array, .object, nil: "none"
    }
  }
}

/// The states of a participant in words, the same wherever they are shown.
package enum StateWords {
  package static let muted = "muted"
  package static let held = "on hold"

  /// - Parameter coached: the name of the coached participant; nil if unknown.
  package static func coaching(_ coached: String? = nil) -> String { "coaching" + (coached.map { " \($0)" } ?? "") }

  /// Returns all states in a line's record.
  ///
  /// - Parameter coached: the name of the participant whose call is ``EventLine/coached``.
  package static func list(of line: EventLine, _ coached: String?) -> [String] {
    let record = line.record
    return [("muted", muted), ("hold", held), ("coaching", coaching(coached))].filter { record[$0.0]?.asBool == true }
      .map(\.1)
  }
}
