/// How somebody is, in words: the same wherever it is shown.
package enum StateWords {
  package static let muted = "muted"
  package static let held = "on hold"

  /// - Parameter coached: what they are called who is coached; nil where nobody is named.
  package static func coaching(_ coached: String? = nil) -> String { "coaching" + (coached.map { " \($0)" } ?? "") }

  /// All of it that a record says.
  package static func list(of record: JSONValue) -> [String] {
    [("muted", muted), ("hold", held), ("coaching", coaching())].filter { record[$0.0]?.asBool == true }.map(\.1)
  }
}
