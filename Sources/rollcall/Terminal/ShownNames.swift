import RollcallCore
import RollcallKit
import Synchronization

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

/// What a run calls people and conferences: the file of `--names`, read once for whoever shows names, and again on SIGHUP.
final class CurrentNames: Sendable {
  private struct State {
    var names: SIDNames
    var edition = 0
  }

  private let path: String?
  private let state: Mutex<State>

  /// - Parameter path: of the file; nil where there is none.
  /// - Throws: ``UsageError`` where it cannot be read, as ``NamesFile`` says.
  init(path: String?) throws(UsageError) {
    self.path = path
    let names = try path.map { path throws(UsageError) in try NamesFile.read(path, pipes: .awaited()) }
    state = Mutex(State(names: names ?? .none))
  }

  var names: SIDNames { state.withLock(\.names) }
  /// Another number after each change.
  var edition: Int { state.withLock(\.edition) }

  /// Reads the file again. Where it is wrong the names stay as they are, which is told.
  func renew(_ log: StandardError) {
    guard let path else { return }
    do throws(UsageError) {
      let fresh = try NamesFile.read(path, pipes: .refused)
      state.withLock { state in
        guard fresh != state.names else { return }
        state.names = fresh
        state.edition += 1
      }
    } catch {
      log.log(.warning, "names stay as they were, since they cannot be read again: \(error.message)")
    }
  }
}

/// The file of `--names`: what people call calls and conferences.
enum NamesFile {
  /// - Throws: ``UsageError``: ``ExitStatus/noInput`` where there is no such file, else ``ExitStatus/configuration`` with the
  ///   line that is wrong.
  static func read(_ path: String, pipes: NamedFile.Pipes) throws(UsageError) -> SIDNames {
    let source = SecretOrigin.file(DisplayOptions.names.name)
    let label = source.label
    let bytes = try InputFile.bytes(
      of: path, named: source.label(of: path), maximum: SIDNames.maximumBytes, pipes: pipes,
      excess: .configuration)
    do throws(SIDNames.Flaw) {
      return try SIDNames(text: bytes)
    } catch {
      let place = error.line.map { "line \($0) of \(label)" } ?? label
      throw UsageError("\(place) \(error.problem)", right: error.right, exit: .configuration)
    }
  }
}
