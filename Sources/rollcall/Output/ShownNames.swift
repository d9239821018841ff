import RollcallCore

/// What people call a call: a name somebody gave it, else the provider's label, else the end of its sid.
struct ShownNames: Sendable {
  /// The name that the user gave a sid; nil where there is none.
  let given: @Sendable (String) -> String?
  /// Another number where they have changed since.
  let edition: @Sendable () -> Int

  init(given: @escaping @Sendable (String) -> String?) {
    self.given = given
    edition = { 0 }
  }

  init(_ current: CurrentNames) {
    given = { current.names[$0] }
    edition = { current.edition }
  }

  /// Nothing has a name.
  static let none = ShownNames { _ in nil }

  /// The name that the user gave a sid, where it is one.
  func given(to sid: String) -> String? { given(sid).flatMap(ShownName.used) }

  /// The name of one call alone.
  func name(of call: String, label: String?) -> String {
    ShownName.of(given: given(call), label: label) ?? ShownName.short(call)
  }

  /// What a conference is called; nil where nobody has named it.
  func conference(_ sid: ConferenceSID, friendlyName: String?) -> String? {
    ShownName.of(given: given(sid.text), label: friendlyName)
  }

  /// The names of several people; those whose names are the same get the end of their sid too.
  func names(of people: [PersonHistory]) -> [CallSID: String] {
    var names: [CallSID: String] = [:]
    var uses: [String: Int] = [:]
    for person in people {
      let name = name(of: person.call.text, label: person.label)
      names[person.call] = name
      uses[name, default: 0] += 1
    }
    for person in people {
      guard let name = names[person.call], uses[name] != 1 else { continue }
      let isSID = name == ShownName.short(person.call.text)
      names[person.call] = isSID ? ShownName.short(person.call.text, 8) : "\(name) \(ShownName.short(person.call.text))"
    }
    return names
  }
}
