extension Scenario {
  /// The names that ``builtIn(_:)`` knows, in the order of the help text.
  package static let builtInNames = ["demo", "quiet", "busy"] + Fault.allCases.map(\.rawValue)

  /// - Returns: nil where there is no scenario of that name.
  package static func builtIn(_ name: String) -> Scenario? {
    switch name {
    case "demo": return demo
    case "quiet": return quiet
    case "busy": return busy
    default: return Fault(rawValue: name).map(faulty)
    }
  }

  /// Fifteen seconds that show every kind of participant event, and the end of a conference.
  package static let demo = Scenario(name: "demo", rooms: [Room(friendlyName: "demo", people: pair, steps: demoSteps)])

  /// Three people and nothing that moves: for whoever drives the room from outside.
  package static let quiet = Scenario(
    name: "quiet", rooms: [Room(friendlyName: "quiet", people: pair + [Person("supervisor", muted: true)])])

  /// Three rooms where something happens several times in a second.
  package static let busy = Scenario(
    name: "busy",
    rooms: (1...3).map { number in
      Room(friendlyName: "busy-\(number)", people: crowd(8), life: liveliness)
    })

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
        .callsFail, .callsSlow:
        Room(friendlyName: fault.rawValue, people: crowd(8), life: liveliness)
      }
    return Scenario(name: fault.rawValue, rooms: [room], faults: [fault])
  }
}
