/// What happens in a simulated space: its rooms, their scripts and random activity, and the server's faults.
///
/// A scenario file is a JSON object in which only `rooms` and `friendly_name` are required:
///
/// ```json
/// {"name": "two-rooms",
///  "faults": ["throttled", "sept"],
///  "rooms": [
///    {"friendly_name": "support",
///     "people": [{"name": "agent", "end_on_exit": true}, {"name": "caller", "muted": true}],
///     "steps": [
///       {"at_ms": 1000, "who": "coach", "do": "join", "muted": true},
///       {"at_ms": 2000, "who": "coach", "do": "coach", "target": "agent"},
///       {"at_ms": 9000, "do": "end"}],
///     "life": {"joins": 0.5, "leaves": 0.5, "mutes": 1, "holds": 0.2, "coaches": 0.2, "minimum": 1, "maximum": 20}}]}
/// ```
///
/// `do` is one of `join` (with `muted`, `hold`, `end_on_exit`, `target`, `address`, `outbound`), `leave`, `mute`,
/// `unmute`, `hold`, `unhold`, `coach` (with `target`), `stop-coaching`, `end-on-exit`, `stay-on-exit` and `end`, which
/// needs no `who`. The rates of `life` are per second, at most 20. A step has no effect if its participant is not in
/// the room.
package struct Scenario: Sendable, Equatable {
  /// The maximum number of rooms in a scenario.
  package static let maximumRooms = 1000

  package var name: String
  package var rooms: [Room]
  package var faults: Set<Fault>

  package init(name: String, rooms: [Room], faults: Set<Fault> = []) {
    self.name = name
    self.rooms = rooms
    self.faults = faults
  }

  /// The script of one conference.
  package struct Room: Sendable, Equatable {
    package var friendlyName: String
    /// The participants who are in the room from the beginning.
    package var people: [Person]
    /// Sorted by time.
    package var steps: [Step]
    package var life: Life?

    package init(friendlyName: String, people: [Person] = [], steps: [Step] = [], life: Life? = nil) {
      self.friendlyName = friendlyName
      self.people = people
      self.steps = steps.sorted { $0.milliseconds < $1.milliseconds }
      self.life = life
    }
  }

  /// A participant and the state in which they join.
  package struct Person: Sendable, Equatable {
    /// The name in the script; the provider only knows a call sid.
    package var name: String
    package var muted = false
    package var hold = false
    package var endsOnExit = false
    /// The name of the participant being coached.
    package var target: String?
    /// The address that they call from, or are called at; nil for a random number.
    package var address: String?
    /// Whether the service called them; ignored without an address.
    package var isOutbound = false

    package init(
      _ name: String, muted: Bool = false, hold: Bool = false, endsOnExit: Bool = false, target: String? = nil,
      address: String? = nil, isOutbound: Bool = false
    ) {
      self.name = name
      self.muted = muted
      self.hold = hold
      self.endsOnExit = endsOnExit
      self.target = target
      self.address = address
      self.isOutbound = isOutbound
    }
  }

  package enum Action: Sendable, Equatable {
    case join(Person)
    case leave(String)
    case mute(String, Bool)
    case hold(String, Bool)
    /// Starts coaching the target; stops coaching if it is nil.
    case coach(String, target: String?)
    case endsOnExit(String, Bool)
    case end
  }

  package struct Step: Sendable, Equatable {
    /// The time since the space began.
    package var milliseconds: Int64
    package var action: Action

    package init(at milliseconds: Int64, _ action: Action) {
      self.milliseconds = milliseconds
      self.action = action
    }
  }

  /// Random activity: the average number of times per second that each thing happens, at most ``fastest``.
  package struct Life: Sendable, Equatable {
    /// The maximum rate per second, because random activity happens in steps of 50 ms.
    package static let fastest = 20.0
    /// The maximum number of people in a room.
    package static let people = 10_000

    package var joins = 0.0
    package var leaves = 0.0
    package var mutes = 0.0
    package var holds = 0.0
    package var coaches = 0.0
    /// The number of people at or below which none leaves.
    package var minimum = 1
    /// The number of people at or above which none joins.
    package var maximum = 40

    package init(
      joins: Double = 0, leaves: Double = 0, mutes: Double = 0, holds: Double = 0, coaches: Double = 0,
      minimum: Int = 1, maximum: Int = 40
    ) {
      self.joins = joins
      self.leaves = leaves
      self.mutes = mutes
      self.holds = holds
      self.coaches = coaches
      self.minimum = minimum
      self.maximum = maximum
    }
  }
}

extension Scenario {
  /// The names of the scenarios of ``builtIn(_:)``, in the order of the help text.
  package static let builtInNames = ["demo", "quiet", "busy", "addresses"] + Fault.allCases.map(\.rawValue)

  /// - Returns: nil if there is no scenario with that name.
  package static func builtIn(_ name: String) -> Scenario? {
    switch name {
    case "demo": return demo
    case "quiet": return quiet
    case "busy": return busy
    case "addresses": return addresses
    default: return Fault(rawValue: name).map(faulty)
    }
  }

  /// Fourteen seconds with every kind of participant event and the end of a conference.
  package static let demo = Scenario(name: "demo", rooms: [Room(friendlyName: "demo", people: pair, steps: demoSteps)])

  /// Three people and no activity, for tests that control the room from outside.
  package static let quiet = Scenario(
    name: "quiet", rooms: [Room(friendlyName: "quiet", people: pair + [Person("supervisor", muted: true)])])

  /// Three rooms with several changes per second.
  package static let busy = Scenario(
    name: "busy",
    rooms: (1...3).map { number in
      Room(friendlyName: "busy-\(number)", people: crowd(8), life: liveliness)
    })

  /// People with every kind of address, one of whom calls twice.
  package static let addresses = Scenario(
    name: "addresses",
    rooms: [
      Room(
        friendlyName: "addresses",
        people: [
          Person("agent", address: "client:agent-7"), Person("caller", address: "+12025550101"),
          Person("desk", muted: true, address: "sip:desk@pbx.example.com;transport=tls"),
          Person("customer", address: "+12025550144", isOutbound: true), Person("stranger", address: "anonymous"),
        ],
        steps: [
          Step(at: 1500, .hold("caller", true)), Step(at: 2500, .coach("desk", target: "agent")),
          Step(at: 3500, .leave("caller")), Step(at: 4500, .join(Person("caller", address: "+12025550101"))),
          Step(at: 5500, .coach("desk", target: "caller")), Step(at: 6500, .mute("customer", true)),
        ])
    ])

  private static let pair = [Person("agent", endsOnExit: true), Person("caller")]

  private static let liveliness = Life(
    joins: 0.6, leaves: 0.6, mutes: 1, holds: 0.5, coaches: 0.4, minimum: 4, maximum: 16)

  private static func crowd(_ count: Int) -> [Person] {
    (1...count).map { Person("person-\($0)", muted: $0 % 5 == 0) }
  }

  private static let demoSteps = [
    Step(at: 1000, .join(Person("supervisor", muted: true))),
    Step(at: 2000, .hold("caller", true)),
    Step(at: 3000, .mute("supervisor", false)),
    Step(at: 3000, .coach("supervisor", target: "agent")),
    Step(at: 4500, .hold("caller", false)),
    Step(at: 5500, .join(Person("specialist"))),
    Step(at: 6500, .coach("supervisor", target: "specialist")),
    Step(at: 7500, .mute("caller", true)),
    Step(at: 8500, .mute("caller", false)),
    Step(at: 9500, .endsOnExit("agent", false)),
    Step(at: 10_500, .coach("supervisor", target: nil)),
    Step(at: 11_500, .leave("supervisor")),
    Step(at: 12_500, .leave("agent")),
    Step(at: 14_000, .end),
  ]

  private static let shortSteps = [
    Step(at: 1000, .join(Person("supervisor", muted: true))),
    Step(at: 2000, .hold("caller", true)),
    Step(at: 3000, .leave("supervisor")),
    Step(at: 4000, .end),
  ]

  private static func faulty(_ fault: Fault) -> Scenario {
    let room =
      switch fault {
      case .loop: Room(friendlyName: fault.rawValue, people: pair)
      case .endsEmpty, .endsNotFound: Room(friendlyName: fault.rawValue, people: pair, steps: shortSteps)
      case .throttled, .flaky, .slow, .torn, .stale, .sept, .emptyStrings, .finishedRows, .allCompleted, .callsNotFound,
        .callsFail, .callsSlow, .callbacksLost, .callbacksLate, .callbacksRepeated, .callbacksReordered:
        Room(friendlyName: fault.rawValue, people: crowd(8), life: liveliness)
      }
    return Scenario(name: fault.rawValue, rooms: [room], faults: [fault])
  }
}

/// A change that happened in a simulated room, whether or not it was observed.
package struct TruthEntry: Sendable, Equatable {
  package enum Kind: String, Sendable {
    case joined, left, muted, unmuted, held, unheld
    case coachingStarted = "coaching_started"
    case coachingStopped = "coaching_stopped"
    /// Another tracked field changed, such as `end_conference_on_exit`.
    case updated
    /// The conference ended; it has no call sid.
    case ended
  }

  /// The time since the space began.
  package let milliseconds: Int64
  package let kind: Kind
  /// Empty for ``Kind/ended``.
  package let callSID: String
  /// The call that is or was being coached.
  package let target: String?

  package init(milliseconds: Int64, kind: Kind, callSID: String, target: String? = nil) {
    self.milliseconds = milliseconds
    self.kind = kind
    self.callSID = callSID
    self.target = target
  }
}
