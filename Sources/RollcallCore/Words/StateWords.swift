/// How somebody is, in words: the same wherever it is shown.
package enum StateWords {
  package static let muted = "muted"
  package static let held = "on hold"

  /// - Parameter coached: what they are called who is coached; nil where nobody is named.
  package static func coaching(_ coached: String? = nil) -> String { "coaching" + (coached.map { " \($0)" } ?? "") }

  /// All of it that a line's record says.
  ///
  /// - Parameter coached: what they are called whom ``EventLine/coached`` names.
  package static func list(of line: EventLine, _ coached: String?) -> [String] {
    let record = line.record
    return [("muted", muted), ("hold", held), ("coaching", coaching(coached))].filter { record[$0.0]?.asBool == true }
      .map(\.1)
  }
}
