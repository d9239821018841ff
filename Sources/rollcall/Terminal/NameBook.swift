import RollcallCore

/// Remembers who is called what, so that no two calls that are shown are called the same.
struct NameBook: Sendable {
  /// Calls that are remembered; beyond them it begins anew.
  private static let maximumCount = 20_000
  /// Columns of a name at the most.
  private static let maximumColumns = 32
  /// Unicode scalars that are looked at, however little room they take.
  private static let maximumScalars = 96
  private static let sidLengths = [4, 8]

  let names: ShownNames
  private var edition: Int
  private var labels: [String: String] = [:]
  /// Whose each name is.
  private var owners: [String: String] = [:]

  init(_ names: ShownNames) {
    self.names = names
    edition = names.edition()
  }

  /// Begins anew where the user's names have changed, so that nobody keeps the name of another.
  ///
  /// - Returns: whether they have.
  @discardableResult
  mutating func renew() -> Bool {
    let latest = names.edition()
    guard latest != edition else { return false }
    (edition, owners) = (latest, [:])
    return true
  }

  /// - Parameter label: as the provider's record says now; nil leaves a known one as it is.
  mutating func name(of sid: String, label: String? = nil) -> String {
    if owners.count >= Self.maximumCount { (owners, labels) = ([:], [:]) }
    if let label = ShownName.of(given: nil, label: label) { labels[sid] = label }
    let name = Self.cut(names.name(of: sid, label: labels[sid]))
    let isSID = name == ShownName.short(sid)
    let others = Self.sidLengths.map { isSID ? ShownName.short(sid, $0) : "\(name) \(ShownName.short(sid, $0))" }
    let free = ([name] + others).first { owners[$0].map { $0 == sid } ?? true }
    let shown = free ?? sid
    owners[shown] = sid
    return shown
  }

  /// A name as a table has room for it.
  static func cut(_ name: String) -> String {
    let shown = TerminalText.sanitised(String(String.UnicodeScalarView(name.unicodeScalars.prefix(maximumScalars))))
    return TextColumns.cut(shown, to: maximumColumns)
  }
}
