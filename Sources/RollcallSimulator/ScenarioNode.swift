import RollcallCore

/// A value of a scenario file that knows where it stands, so that an error can say so.
struct ScenarioNode {
  let value: JSONValue
  let path: String

  /// The member of an object; nil where it is absent or null.
  subscript(key: String) -> ScenarioNode? {
    guard let member = value[key], member != .null else { return nil }
    return ScenarioNode(value: member, path: "\(path).\(key)")
  }

  func member(_ key: String) throws(ScenarioError) -> ScenarioNode {
    guard let member = self[key] else { throw ScenarioError(self, "\"\(key)\" is missing") }
    return member
  }

  /// Refuses anything but an object with these keys: a misspelt key would otherwise do nothing, silently.
  func allow(_ keys: Set<String>) throws(ScenarioError) {
    guard let members = value.asObject else { throw ScenarioError(self, "must be an object") }
    for member in members where !keys.contains(member.key) {
      throw ScenarioError(self, "unknown key \"\(member.key)\"; known are \(keys.sorted().joined(separator: ", "))")
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

  /// How often a second something happens.
  func rate() throws(ScenarioError) -> Double {
    guard case .number(let text) = value, let rate = Double(text), (0...Scenario.Life.fastest).contains(rate) else {
      throw ScenarioError(self, "must be a number from 0 to \(Scenario.Life.fastest)")
    }
    return rate
  }
}
