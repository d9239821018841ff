/// What people call calls: a name that somebody gave it, else the provider's label, else the end of its sid.
struct CallNames: Sendable {
  static let none = CallNames { _ in nil }

  /// The name that the user gave a call; nil where there is none.
  let given: @Sendable (String) -> String?

  func name(of sid: String, label: String?) -> String { given(sid) ?? label ?? Self.short(sid, 4) }

  /// The end of a sid, which is what tells those of a room apart.
  static func short(_ sid: String, _ count: Int) -> String {
    sid.count <= count + 1 ? sid : "…\(sid.suffix(count))"
  }
}

/// Remembers who is called what, so that no two calls that are shown are called the same.
struct NameBook: Sendable {
  /// Calls that are remembered; beyond them it begins anew.
  private static let maximumCount = 20_000
  /// Columns of a name at the most.
  private static let maximumColumns = 32
  /// Unicode scalars that are looked at, however little room they take.
  private static let maximumScalars = 96
  private static let sidLengths = [4, 8]

  private let names: CallNames
  private var labels: [String: String] = [:]
  /// Whose each name is.
  private var owners: [String: String] = [:]

  init(_ names: CallNames) { self.names = names }

  /// - Parameter label: as the provider's record says now; nil leaves a known one as it is.
  mutating func name(of sid: String, label: String? = nil) -> String {
    if owners.count >= Self.maximumCount { (owners, labels) = ([:], [:]) }
    if let label, label.contains(where: { !$0.isWhitespace }) { labels[sid] = label }
    let name = Self.cut(names.name(of: sid, label: labels[sid]))
    let isSID = name == CallNames.short(sid, 4)
    let others = Self.sidLengths.map { isSID ? CallNames.short(sid, $0) : "\(name) \(CallNames.short(sid, $0))" }
    let free = ([name] + others).first { owners[$0].map { $0 == sid } ?? true }
    let shown = free ?? sid
    owners[shown] = sid
    return shown
  }

  private static func cut(_ name: String) -> String {
    let shown = TerminalText.sanitised(String(String.UnicodeScalarView(name.unicodeScalars.prefix(maximumScalars))))
    return TextColumns.cut(shown, to: maximumColumns)
  }
}
