import RollcallCore

/// One entry of the file of `--targets`: the values that it gives, by their keys.
struct TargetEntry {
  private static let example = #"{"name": "ops", "url": "https://host/path"}"#
  private static let nameLengths = 1...64

  /// What errors call it: by its name, else by its number.
  let place: TargetPlace
  let name: String?
  private let values: [TargetKey: TargetValue]

  /// - Parameter number: from 1.
  /// - Throws: ``UsageError`` for a key that is unknown or given twice, and for a name that cannot be one.
  init(_ value: JSONValue, number: Int) throws(UsageError) {
    let unnamed = TargetPlace("target \(number)")
    guard let members = value.asObject else {
      throw .invalidSecret(.target(unnamed), "is no object", right: "give \(Self.example)")
    }
    name = try Self.name(in: value, unnamed)
    let place = name.map { Self.place(named: $0, else: unnamed) } ?? unnamed
    var values: [TargetKey: TargetValue] = [:]
    for member in members {
      guard let key = TargetKey(rawValue: member.key) else {
        let keys = TargetKey.allCases.map(\.rawValue)
        throw .invalidSecret(
          .target(place), "has an unknown key, \(Quotation.of(member.key))",
          right: NearestName.of(member.key, among: keys).map { "the nearest is \($0)" }
            ?? "there are \(keys.joined(separator: ", "))")
      }
      let value = TargetValue(value: member.value, place: TargetPlace(place.target, key: key.rawValue))
      guard values.updateValue(value, forKey: key) == nil else {
        throw value.refusal("is given twice", right: "give it once")
      }
    }
    self.place = place
    self.values = values
  }

  subscript(key: TargetKey) -> TargetValue? { values[key] }

  /// What looks like a secret in the place of a name is not repeated.
  private static func place(named name: String, else unnamed: TargetPlace) -> TargetPlace {
    let quoted = Quotation.of(name)
    return quoted.hasPrefix("\"") ? TargetPlace("target \(quoted)") : unnamed
  }

  /// Every other error names the target by it, so it is looked at first.
  private static func name(in entry: JSONValue, _ place: TargetPlace) throws(UsageError) -> String? {
    let key = TargetKey.name.rawValue
    guard let value = entry[key].map({ TargetValue(value: $0, place: TargetPlace(place.target, key: key)) }) else {
      return nil
    }
    let right = "give 1 to 64 of A-Z a-z 0-9 _ . -"
    guard let name = value.value.asText else { throw value.refusal("is no text", right: right) }
    guard nameLengths.contains(name.utf8.count), SIDSyntax.accepts(name.utf8), !name.utf8.contains(UInt8(ascii: ":"))
    else { throw value.refusal("is no name", right: right) }
    guard name != TargetSettings.standardOutput else {
      throw value.refusal("is that of standard output", right: "give another name")
    }
    return name
  }
}
