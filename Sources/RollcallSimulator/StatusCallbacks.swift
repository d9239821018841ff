import RollcallCore

/// A status callback of a simulated space: a form, as the providers send it.
package struct SimulatedCallback: Sendable, Equatable {
  /// The `Content-Type` of the bodies.
  package static let contentType = "application/x-www-form-urlencoded; charset=utf-8"

  package let body: [UInt8]
}

/// What a status callback reports, by the value of `StatusCallbackEvent`.
enum CallbackEvent: String, CaseIterable, Sendable {
  case conferenceStart = "conference-start"
  case conferenceEnd = "conference-end"
  case join = "participant-join"
  case leave = "participant-leave"
  case mute = "participant-mute"
  case unmute = "participant-unmute"
  case hold = "participant-hold"
  case unhold = "participant-unhold"
  /// Something else about a participant changed, such as whom they coach.
  case modify = "participant-modify"

  /// The events that SignalWire documents. Coaching is not among them.
  static let ofSignalWire = Set(allCases).subtracting([.modify])
  /// The events that Telnyx documents.
  static let ofTelnyx: Set<CallbackEvent> = [.conferenceStart, .conferenceEnd, .join, .leave]

  /// Creates the event that reports a change.
  init(_ kind: TruthEntry.Kind) {
    switch kind {
    case .muted: self = .mute
    case .unmuted: self = .unmute
    case .held: self = .hold
    case .unheld: self = .unhold
    case .coachingStarted, .coachingStopped, .updated: self = .modify
    case .joined: self = .join
    case .left: self = .leave
    case .ended: self = .conferenceEnd
    }
  }
}

/// Something in a room that may be reported by a status callback.
struct Announcement: Sendable {
  let event: CallbackEvent
  /// The participant as they are afterwards; nil if the event is about the conference.
  let person: SimulatedPerson?
  /// The time since the space began, in milliseconds.
  let milliseconds: Int64
}

/// The pending status callbacks of a space.
struct CallbackOutbox: Sendable {
  /// The time from a change to its callback, in milliseconds.
  static let latency: Int64 = 50
  /// The maximum number of callbacks that wait; further ones are lost.
  static let maximumWaiting = 10_000

  private struct Item: Comparable, Sendable {
    let due: Int64
    let number: UInt64
    let callback: SimulatedCallback

    static func < (left: Item, right: Item) -> Bool { (left.due, left.number) < (right.due, right.number) }
  }

  private let account: String
  private let start: Timestamp
  private let dialect: any SpaceDialect
  private var items = Heap<Item>()
  private var waiting = 0
  private var count: UInt64 = 0

  init(account: String, start: Timestamp, dialect: any SpaceDialect) {
    self.account = account
    self.start = start
    self.dialect = dialect
  }

  /// Adds the callback for something that happened in a room, unless the provider has none for it.
  mutating func add(_ announcement: Announcement, of room: SimulatedRoom, _ dice: FaultDice) {
    guard dialect.callbackEvents.contains(announcement.event) else { return }
    count += 1
    let callback = SimulatedCallback(body: Array(form(announcement, of: room).utf8))
    for delay in dice.callbackDelays(at: count) where waiting < Self.maximumWaiting {
      waiting += 1
      items.insert(Item(due: announcement.milliseconds + Self.latency + delay, number: count, callback: callback))
    }
  }

  /// Removes and returns the callbacks that are due, in the order in which they are sent.
  mutating func take(dueAt now: Int64) -> [SimulatedCallback] {
    var due: [SimulatedCallback] = []
    while let least = items.least, least.due <= now, let item = items.popLeast() { due.append(item.callback) }
    waiting -= due.count
    return due
  }

  private func form(_ announcement: Announcement, of room: SimulatedRoom) -> String {
    var fields = [
      ("AccountSid", account), ("ConferenceSid", room.sid), ("FriendlyName", room.friendlyName),
      ("StatusCallbackEvent", announcement.event.rawValue),
      ("Timestamp", ProviderDate.text(start.milliseconds + announcement.milliseconds)),
    ]
    if dialect.numbersCallbacks { fields.append(("SequenceNumber", "\(count)")) }
    if let person = announcement.person {
      fields += [
        ("CallSid", person.callSID), ("Muted", "\(person.muted)"), ("Hold", "\(person.hold)"),
        ("StartConferenceOnEnter", "\(person.startsOnEnter)"), ("EndConferenceOnExit", "\(person.endsOnExit)"),
      ]
      if dialect.callbackEvents.contains(.modify) { fields.append(("Coaching", "\(person.coaching)")) }
    }
    return fields.map { "\($0)=\(PercentEncoding.value($1))" }.joined(separator: "&")
  }
}
