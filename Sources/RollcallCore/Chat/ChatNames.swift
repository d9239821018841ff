/// What messages call people and conferences: short, and nothing in it is hidden.
struct ChatNames: Sendable {
  private let given: SIDNames

  init(_ given: SIDNames) { self.given = given }

  /// Whom the event is about.
  func who(in line: EventLine) -> String { known(line) ?? short(line) }

  /// The same at the beginning of a sentence that would read oddly with a bare sid.
  func caller(in line: EventLine) -> String { known(line) ?? "Call \(short(line))" }

  /// Who is coached; nil where nobody is named.
  func coached(in line: EventLine) -> String? {
    line.coached.map { ShownName.cut(ShownName.of(given: given[$0], label: nil) ?? ShownName.short($0)) }
  }

  /// - Parameter friendlyName: as far as events tell it.
  func conference(_ sid: String, friendlyName: String?) -> String {
    ShownName.cut(
      ShownName.of(given: given[sid], label: friendlyName) ?? "Conference \(ShownName.short(sid))")
  }

  private func known(_ line: EventLine) -> String? {
    ShownName.of(given: line.call.flatMap { given[$0] }, label: line.label).map(ShownName.cut)
  }

  private func short(_ line: EventLine) -> String { ShownName.cut(ShownName.short(line.call ?? "?")) }
}
