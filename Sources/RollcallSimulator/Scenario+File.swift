import RollcallCore

/// Why a scenario file was rejected, and where: `rooms[0].steps[2].do: unknown action "jump"`.
package struct ScenarioError: Error, Sendable, Equatable, CustomStringConvertible {
  package let description: String

  init(_ description: String) {
    self.description = description
  }

  init(_ node: ScenarioNode, _ reason: String) {
    description = "\(node.path): \(reason)"
  }
}

extension Scenario {
  /// Reads a scenario file, whose format ``Scenario`` describes.
  ///
  /// - Throws: ``ScenarioError`` if the bytes are not JSON, or a value is missing, unknown or out of range.
  package init(file bytes: [UInt8]) throws(ScenarioError) {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.read(bytes)
    } catch {
      throw ScenarioError(error.description)
    }
    let root = ScenarioNode(value: value, path: "scenario")
    try root.allow(["name", "faults", "rooms"])
    let name = try root["name"]?.text() ?? "file"
    var faults: Set<Fault> = []
    for node in try root["faults"]?.elements() ?? [] {
      guard let fault = Fault(rawValue: try node.text()) else {
        throw ScenarioError(
          node, "unknown fault; expected one of \(Fault.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      faults.insert(fault)
    }
    var rooms: [Room] = []
    for node in try root.member("rooms").elements() { rooms.append(try Room(node)) }
    guard (1...Self.maximumRooms).contains(rooms.count) else {
      throw ScenarioError(root, "needs 1 to \(Self.maximumRooms) rooms")
    }
    self.init(name: name, rooms: rooms, faults: faults)
  }
}

extension Scenario.Room {
  fileprivate init(_ node: ScenarioNode) throws(ScenarioError) {
    try node.allow(["friendly_name", "people", "steps", "life"])
    var people: [Scenario.Person] = []
    for person in try node["people"]?.elements() ?? [] {
      try person.allow(["name", "muted", "hold", "end_on_exit", "target", "address", "outbound"])
      people.append(try Scenario.Person(person, named: "name"))
    }
    var steps: [Scenario.Step] = []
    for step in try node["steps"]?.elements() ?? [] { steps.append(try Scenario.Step(step)) }
    var life: Scenario.Life?
    if let node = node["life"] { life = try Scenario.Life(node) }
    self.init(friendlyName: try node.member("friendly_name").text(), people: people, steps: steps, life: life)
  }
}

extension Scenario.Person {
  fileprivate init(_ node: ScenarioNode, named key: String) throws(ScenarioError) {
    self.init(
      try node.member(key).text(), muted: try node["muted"]?.flag() ?? false, hold: try node["hold"]?.flag() ?? false,
      endsOnExit: try node["end_on_exit"]?.flag() ?? false, target: try node["target"]?.text(),
      address: try node["address"]?.text(), isOutbound: try node["outbound"]?.flag() ?? false)
  }
}

extension Scenario.Step {
  fileprivate init(_ node: ScenarioNode) throws(ScenarioError) {
    try node.allow(["at_ms", "who", "do", "target", "muted", "hold", "end_on_exit", "address", "outbound"])
    let verb = try node.member("do")
    let at = try node.member("at_ms").integer(in: 0...Int64(Int32.max))
    guard try verb.text() != "end" else {
      self.init(at: at, .end)
      return
    }
    let who = try node.member("who").text()
    let action: Scenario.Action
    switch try verb.text() {
    case "join": action = .join(try Scenario.Person(node, named: "who"))
    case "leave": action = .leave(who)
    case "mute": action = .mute(who, true)
    case "unmute": action = .mute(who, false)
    case "hold": action = .hold(who, true)
    case "unhold": action = .hold(who, false)
    case "coach": action = .coach(who, target: try node.member("target").text())
    case "stop-coaching": action = .coach(who, target: nil)
    case "end-on-exit": action = .endsOnExit(who, true)
    case "stay-on-exit": action = .endsOnExit(who, false)
    default: throw ScenarioError(verb, "unknown action")
    }
    self.init(at: at, action)
  }
}

extension Scenario.Life {
  fileprivate init(_ node: ScenarioNode) throws(ScenarioError) {
    try node.allow(["joins", "leaves", "mutes", "holds", "coaches", "minimum", "maximum"])
    self.init(
      joins: try node["joins"]?.rate() ?? 0, leaves: try node["leaves"]?.rate() ?? 0,
      mutes: try node["mutes"]?.rate() ?? 0, holds: try node["holds"]?.rate() ?? 0,
      coaches: try node["coaches"]?.rate() ?? 0,
      minimum: Int(try node["minimum"]?.integer(in: 0...Int64(Self.people)) ?? 1),
      maximum: Int(try node["maximum"]?.integer(in: 0...Int64(Self.people)) ?? 40))
  }
}

/// A value of a scenario file with its path, for error messages.
struct ScenarioNode {
  let value: JSONValue
  let path: String

  /// The member of an object; nil if it is absent or null.
  subscript(key: String) -> ScenarioNode? {
    guard let member = value[key], member != .null else { return nil }
    return ScenarioNode(value: member, path: "\(path).\(key)")
  }

  func member(_ key: String) throws(ScenarioError) -> ScenarioNode {
    guard let member = self[key] else { throw ScenarioError(self, "\"\(key)\" is missing") }
    return member
  }

  /// Rejects anything but an object with only these keys, because a misspelt key would otherwise be ignored silently.
  func allow(_ keys: Set<String>) throws(ScenarioError) {
    guard let members = value.asObject else { throw ScenarioError(self, "must be an object") }
    for member in members where !keys.contains(member.key) {
      throw ScenarioError(
        self, "unknown key \"\(member.key)\"; expected one of \(keys.sorted().joined(separator: ", "))")
    }
  }

  func elements() throws(ScenarioError) -> [ScenarioNode] {
    guard let elements = value.asArray else { throw ScenarioError(self, "must be an array") }
    return elements.enumerated().map { ScenarioNode(value: $1, path: "\(path)[\($0)]") }
  }

  func text() throws(ScenarioError) -> String {
    guard let text = value.asText else { throw ScenarioError(self, "must be a string") }
    return text
  }

  func flag() throws(ScenarioError) -> Bool {
    guard let flag = value.asBool else { throw ScenarioError(self, "must be true or false") }
    return flag
  }

  func integer(in bounds: ClosedRange<Int64>) throws(ScenarioError) -> Int64 {
    guard let number = value.asInteger, bounds.contains(number) else {
      throw ScenarioError(self, "must be an integer from \(bounds.lowerBound) to \(bounds.upperBound)")
    }
    return number
  }

  /// Reads a rate per second.
  func rate() throws(ScenarioError) -> Double {
    guard case .number(let text) = value, let rate = Double(text), (0...Scenario.Life.fastest).contains(rate) else {
      throw ScenarioError(self, "must be a number from 0 to \(Scenario.Life.fastest)")
    }
    return rate
  }
}
