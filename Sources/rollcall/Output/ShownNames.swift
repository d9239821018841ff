import RollcallCore

/// What people call a call: a name somebody gave it, else the provider's label, else the end of its sid.
struct ShownNames: Sendable {
  /// Characters of a sid that are enough to tell most calls of a conference apart.
  private static let shortSID = 4

  /// The name that the user gave a call; nil where there is none.
  let given: @Sendable (CallSID) -> String?

  init(given: @escaping @Sendable (CallSID) -> String?) { self.given = given }

  /// - Parameter file: of `--names`; nil where there is none.
  /// - Throws: ``UsageError`` where it cannot be read.
  init(file: String?) throws(UsageError) {
    let names = try file.map(NamesFile.read) ?? .none
    given = { names[$0.text] }
  }

  /// No call has a name.
  static let none = ShownNames { _ in nil }

  /// The name of one call alone.
  func name(of call: CallSID, label: String?) -> String {
    given(call) ?? label ?? Self.short(call.text)
  }

  /// The names of several people; those whose names are the same get the end of their sid too.
  func names(of people: [PersonHistory]) -> [CallSID: String] {
    var names: [CallSID: String] = [:]
    var uses: [String: Int] = [:]
    for person in people {
      let name = name(of: person.call, label: person.label)
      names[person.call] = name
      uses[name, default: 0] += 1
    }
    for person in people {
      guard let name = names[person.call], uses[name] != 1 else { continue }
      let isSID = name == Self.short(person.call.text)
      names[person.call] = isSID ? Self.short(person.call.text, 8) : "\(name) \(Self.short(person.call.text))"
    }
    return names
  }

  static func short(_ sid: String, _ count: Int = shortSID) -> String {
    sid.count <= count + 1 ? sid : "…\(sid.suffix(count))"
  }
}
