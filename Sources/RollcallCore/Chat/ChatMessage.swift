/// A message for people about one poll, before it is put as one chat service wants it.
///
/// Its texts have nothing hidden in them, but may hold anything that is markup or a mention at some service.
struct ChatMessage: Hashable, Sendable {
  /// What it is about.
  var title: String
  /// The time of the poll, such as `14:03:22 UTC`.
  var time: String
  /// A sentence each.
  var lines: [String] = []
  /// Sentences that are left out.
  var omitted = 0

  /// How it ends, for those who do not see all of it: how many are in the room, or that the conference is over.
  var ending: String?

  /// The last line, where something is left out.
  var remainder: String? { omitted == 0 ? nil : "+\(omitted) more" + (ending.map { " · \($0)" } ?? "") }

  /// The lines as a list, and what is said of those left out.
  ///
  /// - Parameter safe: writes a text so that nothing in it is markup or a mention.
  func listed(_ safe: (String) -> String) -> [String] {
    lines.map { "• " + safe($0) } + (remainder.map { [$0] } ?? [])
  }

  /// The same with so many lines at the most.
  func shortened(to count: Int) -> ChatMessage {
    var message = self
    message.lines = Array(lines.prefix(count))
    message.omitted += lines.count - message.lines.count
    return message
  }
}

/// Folds the events of one poll, one after the other, into one message. What it holds does not grow with their number.
struct ChatDigest: Sendable {
  /// Sentences that one message has; the others are counted.
  static let maximumLines = 20
  /// People who are named where watching begins.
  static let maximumNames = 10

  private struct Line {
    var text: String
    /// What a join says beyond the join.
    var states: [String] = []
    var count: Int64?

    var full: String {
      ([text] + states).joined(separator: ", ") + (count.map { " · \($0) in the room" } ?? "")
    }
  }

  private let names: ChatNames
  private var conference: String?
  private var friendlyName: String?
  private var time: String?
  private var lines: [Line] = []
  private var omitted = 0
  private var ending: String?
  /// The call that has joined last, and its line, where that is shown.
  private var joined: (call: String, line: Int?)?
  private var present: (names: [String], count: Int64, line: Int)?
  private var presentCount = 0

  /// - Parameters:
  ///   - known: what earlier events have said; those of this poll take precedence.
  init(names: SIDNames, known: MessageContext = .nothing) {
    self.names = ChatNames(names, known)
    friendlyName = known.friendlyName
  }

  /// Takes the next event of the poll.
  mutating func add(_ event: StoredEvent) {
    let line = EventLine(event)
    conference = conference ?? event.conference?.text
    friendlyName = line.friendlyName ?? friendlyName
    time = time ?? Self.time(of: event)
    let words = EventWords(line, coached: names.coached(in: line), shown: ShownName.cut)
    if event.type == .conferenceEnded { ending = words.headline }
    if let count = line.count, event.type != .conferenceEnded { ending = "\(count) in the room" }
    if event.type == .participantPresent { return addPresent(line) }
    if line.isInitial, let joined, joined.call == line.call {
      if let place = joined.line, let state = words.state { lines[place].states.append(state) }
      return
    }
    let place = append(told(line, words))
    joined = event.type == .participantJoined ? line.call.map { ($0, place) } : nil
  }

  /// The event for itself; how many are in the room belongs to coming and leaving.
  private func told(_ line: EventLine, _ words: EventWords) -> Line {
    if let state = words.state {
      return Line(text: "\(names.who(in: line)) joined", states: [state], count: line.count)
    }
    switch line.type {
    case .participantJoined, .participantLeft:
      return Line(text: words.sentence(about: names.caller(in: line)), count: line.count)
    case .participantPresent, .participantMuted, .participantUnmuted, .participantHeld, .participantUnheld,
      .participantCoachingStarted, .participantCoachingStopped, .participantUpdated, .conferencePresent,
      .conferenceStarted, .conferenceEnded, .alertRaised, .alertResolved, .watchStarted, .watchInterrupted,
      .watchResumed,
      .watchHeartbeat, .watchStopped:
      return Line(text: words.sentence(about: names.who(in: line)))
    }
  }

  /// - Returns: nil if the message is full.
  private mutating func append(_ line: Line) -> Int? {
    guard lines.count < Self.maximumLines else {
      omitted += 1
      return nil
    }
    lines.append(line)
    return lines.count - 1
  }

  /// The participants present when watching begins are listed in one sentence.
  private mutating func addPresent(_ line: EventLine) {
    presentCount += 1
    var found = present ?? ([], 0, append(Line(text: "")) ?? 0)
    if found.names.count < Self.maximumNames { found.names.append(presence(of: line)) }
    found.count = line.count ?? found.count
    present = found
  }

  /// Returns the name and states of a participant who is present when watching begins.
  private func presence(of line: EventLine) -> String {
    let states = StateWords.list(of: line, names.coached(in: line))
    return names.who(in: line) + (states.isEmpty ? "" : " (\(states.joined(separator: ", ")))")
  }

  /// The message about all that was taken.
  var message: ChatMessage {
    var lines = lines
    if let present {
      let more = presentCount - present.names.count
      let list = present.names.joined(separator: ", ") + (more > 0 ? " +\(more) more" : "")
      lines[present.line].text = "\(present.count) in the room when watching began: \(list)"
    }
    return ChatMessage(
      title: title, time: time ?? "", lines: lines.map(\.full), omitted: omitted, ending: ending)
  }

  private var title: String {
    conference.map { names.conference($0, friendlyName: friendlyName) } ?? "rollcall"
  }

  /// The hour of a moment; the day is that of the service's own clock, or nearly.
  private static func time(of event: StoredEvent) -> String {
    let text = event.timestamp.rfc3339
    let hour = text.utf8.firstIndex(of: UInt8(ascii: "T")).map { text[text.utf8.index(after: $0)...] } ?? ""
    return "\(hour.prefix(8)) UTC"
  }
}

/// What earlier events have said about a conference and its people, for messages about later ones.
package struct MessageContext: Sendable {
  package static let nothing = MessageContext()

  let friendlyName: String?
  /// Who is on a call, by the sid that events have for it.
  let identity: @Sendable (String) -> CallerIdentity?

  package init(
    friendlyName: String? = nil, identity: @escaping @Sendable (String) -> CallerIdentity? = { _ in nil }
  ) {
    self.friendlyName = friendlyName
    self.identity = identity
  }
}

/// What messages call people and conferences: short, and nothing in it is hidden.
struct ChatNames: Sendable {
  private let given: SIDNames
  private let known: MessageContext

  init(_ given: SIDNames, _ known: MessageContext) {
    self.given = given
    self.known = known
  }

  /// Whom the event is about.
  func who(in line: EventLine) -> String { known(line) ?? short(line) }

  /// The same at the beginning of a sentence that would read oddly with a bare sid.
  func caller(in line: EventLine) -> String { known(line) ?? "Call \(short(line))" }

  /// Returns the name of the coached participant; nil if the line does not name one.
  func coached(in line: EventLine) -> String? {
    line.coached.map { ShownName.cut(name(of: $0, nil) ?? ShownName.short($0)) }
  }

  /// - Parameter friendlyName: as far as events tell it.
  func conference(_ sid: String, friendlyName: String?) -> String {
    ShownName.cut(
      ShownName.of(given: given[sid], label: friendlyName) ?? "Conference \(ShownName.short(sid))")
  }

  private func known(_ line: EventLine) -> String? {
    line.call.flatMap { name(of: $0, line.identity) }.map(ShownName.cut)
  }

  /// - Parameter latest: as the event says, where it is about this call.
  private func name(of call: String, _ latest: CallerIdentity?) -> String? {
    var identity = known.identity(call) ?? CallerIdentity(label: nil, address: nil)
    if let latest { identity.learn(latest) }
    return ShownName.of(
      given: given.name(ofCall: call, at: identity.address), label: identity.label, address: identity.address)
  }

  private func short(_ line: EventLine) -> String { ShownName.cut(ShownName.short(line.call ?? "?")) }
}
