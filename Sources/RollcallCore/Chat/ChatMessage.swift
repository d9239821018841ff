/// A message for people about one poll, before it is written in the form of a chat service.
///
/// Its texts contain no hidden characters, but may contain text that is markup or a mention at some service.
struct ChatMessage: Hashable, Sendable {
  /// The subject of the message.
  var title: String
  /// The time of the poll, such as `14:03:22 UTC`.
  var time: String
  /// The sentences, one per line.
  var lines: [String] = []
  /// The number of sentences that are left out.
  var omitted = 0

  /// The state after the poll, for messages that are cut: how many are in the room, or that the conference is over.
  var ending: String?

  /// The last line of a message in which sentences are left out; nil if none are.
  var remainder: String? { omitted == 0 ? nil : "+\(omitted) more" + (ending.map { " · \($0)" } ?? "") }

  /// Returns the lines as a list, ending with the ``remainder``.
  ///
  /// - Parameter escape: writes a text so that nothing in it is markup or a mention.
  func listed(_ escape: (String) -> String) -> [String] {
    lines.map { "• " + escape($0) } + (remainder.map { [$0] } ?? [])
  }

  /// Returns the message with at most `count` lines.
  func shortened(to count: Int) -> ChatMessage {
    var message = self
    message.lines = Array(lines.prefix(count))
    message.omitted += lines.count - message.lines.count
    return message
  }
}

/// Folds the events of one poll, one after the other, into one message. Its memory does not grow with their number.
struct ChatDigest: Sendable {
  /// The maximum number of sentences in a message; further ones are only counted.
  static let maximumLines = 20
  /// The maximum number of participants named in the sentence about who was present when watching began.
  static let maximumNames = 10

  private struct Line {
    var text: String
    /// The states that a participant joined with.
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
  /// The call that joined last, and the index of its line; nil if the line is left out.
  private var joined: (call: String, line: Int?)?
  private var present: (names: [String], count: Int64, line: Int)?
  private var presentCount = 0

  /// - Parameters:
  ///   - known: what earlier events said; the events of this poll take precedence.
  init(names: SIDNames, known: MessageContext = .nothing) {
    self.names = ChatNames(names, known)
    friendlyName = known.friendlyName
  }

  /// Adds the next event of the poll.
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
    let place = append(makeLine(for: line, words))
    joined = event.type == .participantJoined ? line.call.map { ($0, place) } : nil
  }

  /// Returns the line of a single event. Only joining and leaving show how many are in the room.
  private func makeLine(for line: EventLine, _ words: EventWords) -> Line {
    if let state = words.state {
      return Line(text: "\(names.who(in: line)) joined", states: [state], count: line.count)
    }
    switch line.type {
    case .participantJoined, .participantLeft:
      return Line(text: words.sentence(about: names.sentenceSubject(in: line)), count: line.count)
    case .participantPresent, .participantMuted, .participantUnmuted, .participantHeld, .participantUnheld,
      .participantCoachingStarted, .participantCoachingStopped, .participantUpdated, .conferencePresent,
      .conferenceStarted, .conferenceEnded, .alertRaised, .alertResolved, .watchStarted, .watchInterrupted,
      .watchResumed,
      .watchHeartbeat, .watchStopped:
      return Line(text: words.sentence(about: names.who(in: line)))
    }
  }

  /// - Returns: the index of the line; nil if the message is full.
  private mutating func append(_ line: Line) -> Int? {
    guard lines.count < Self.maximumLines else {
      omitted += 1
      return nil
    }
    lines.append(line)
    return lines.count - 1
  }

  /// Adds a participant to the sentence about who was present when watching began.
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

  /// The message about all events that were added.
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

  /// Returns the time of day of an event. The day is left out, because the service shows when the message came.
  private static func time(of event: StoredEvent) -> String {
    let text = event.timestamp.rfc3339
    let hour = text.utf8.firstIndex(of: UInt8(ascii: "T")).map { text[text.utf8.index(after: $0)...] } ?? ""
    return "\(hour.prefix(8)) UTC"
  }
}

/// What earlier events said about a conference and its participants, for messages about later events.
package struct MessageContext: Sendable {
  package static let nothing = MessageContext()

  let friendlyName: String?
  /// Returns who is on a call, given the call sid in events.
  let identity: @Sendable (String) -> CallerIdentity?

  package init(
    friendlyName: String? = nil, identity: @escaping @Sendable (String) -> CallerIdentity? = { _ in nil }
  ) {
    self.friendlyName = friendlyName
    self.identity = identity
  }
}

/// The names of participants and conferences in messages: short, and without hidden characters.
struct ChatNames: Sendable {
  private let given: SIDNames
  private let known: MessageContext

  init(_ given: SIDNames, _ known: MessageContext) {
    self.given = given
    self.known = known
  }

  /// Returns the name of the participant that the event is about.
  func who(in line: EventLine) -> String { known(line) ?? short(line) }

  /// Returns the participant's name for the beginning of a sentence, where a bare sid would read oddly.
  func sentenceSubject(in line: EventLine) -> String { known(line) ?? "Call \(short(line))" }

  /// Returns the name of the coached participant; nil if the line does not name one.
  func coached(in line: EventLine) -> String? {
    line.coached.map { ShownName.cut(name(of: $0, nil) ?? ShownName.short($0)) }
  }

  /// - Parameter friendlyName: the name in events; nil if none had it.
  func conference(_ sid: String, friendlyName: String?) -> String {
    ShownName.cut(
      ShownName.of(given: given[sid], label: friendlyName) ?? "Conference \(ShownName.short(sid))")
  }

  private func known(_ line: EventLine) -> String? {
    line.call.flatMap { name(of: $0, line.identity) }.map(ShownName.cut)
  }

  /// - Parameter latest: what the event says about the participant; nil if it is about another one.
  private func name(of call: String, _ latest: CallerIdentity?) -> String? {
    var identity = known.identity(call) ?? CallerIdentity(label: nil, address: nil)
    if let latest { identity.learn(latest) }
    return ShownName.of(
      given: given.name(ofCall: call, at: identity.address), label: identity.label, address: identity.address)
  }

  private func short(_ line: EventLine) -> String { ShownName.cut(ShownName.short(line.call ?? "?")) }
}
