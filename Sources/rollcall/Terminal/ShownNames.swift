import RollcallCore
import RollcallKit
import Synchronization

/// Remembers who is called what, so that no two calls that are shown at the same time have the same name.
struct NameBook: Sendable {
  /// The maximum number of calls remembered; beyond it the book begins anew.
  private static let maximumCount = 20_000
  /// The maximum width of a name, in columns.
  private static let maximumColumns = 32
  /// The Unicode scalars of a name that are looked at, however little room they take.
  private static let maximumScalars = 96
  private static let sidLengths = [4, 8]

  let names: ShownNames
  private let known: KnownNames
  private var edition: Int
  private var identities: [String: CallerIdentity] = [:]
  /// The last name of each call.
  private var shown: [String: String] = [:]
  /// Whose each name is now.
  private var owners: [String: String] = [:]
  /// Calls whose names others may have.
  private var departed: Set<String> = []

  /// - Parameter known: what earlier events have said.
  init(_ names: ShownNames, known: KnownNames = KnownNames()) {
    self.names = names
    self.known = known
    edition = names.edition()
  }

  /// Begins anew where the user's names have changed, so that nobody keeps the name of another.
  ///
  /// - Returns: whether they have.
  @discardableResult
  mutating func renew() -> Bool {
    let latest = names.edition()
    guard latest != edition else { return false }
    (edition, shown, owners, departed) = (latest, [:], [:], [])
    return true
  }

  /// - Parameter latest: what is known now; nil leaves what was known as it is.
  mutating func name(of sid: String, _ latest: CallerIdentity? = nil) -> String {
    if latest == nil, departed.contains(sid), let last = shown[sid] { return last }
    departed.remove(sid)
    if shown.count >= Self.maximumCount { (identities, shown, owners, departed) = ([:], [:], [:], []) }
    var identity = identities[sid] ?? known.identity(of: sid)
    if let latest {
      identity?.learn(latest)
      identity = identity ?? latest
    }
    identities[sid] = identity
    let name = Self.cut(names.name(ofCall: sid, identity))
    let isSID = name == ShownName.short(sid)
    let others = Self.sidLengths.map { isSID ? ShownName.short(sid, $0) : "\(name) \(ShownName.short(sid, $0))" }
    let free = ([name] + others).first { owners[$0].map { $0 == sid } ?? true }
    let latestName = free ?? sid
    disown(sid)
    (shown[sid], owners[latestName]) = (latestName, sid)
    return latestName
  }

  /// Frees the name of someone who has left: their next call is a call of its own, and can have it.
  mutating func release(_ sid: String) {
    departed.insert(sid)
    disown(sid)
  }

  private mutating func disown(_ sid: String) {
    if let name = shown[sid], owners[name] == sid { owners[name] = nil }
  }

  /// A name as a table has room for it.
  static func cut(_ name: String) -> String {
    let shown = TerminalText.sanitised(String(String.UnicodeScalarView(name.unicodeScalars.prefix(maximumScalars))))
    return TextColumns.cut(shown, to: maximumColumns)
  }
}

/// What people call calls and conferences.
struct ShownNames: Sendable {
  /// The name that the user gave the sid of a conference; nil where there is none.
  private let conference: @Sendable (String) -> String?
  /// The same for a call, which may be named by its address.
  private let call: @Sendable (_ sid: String, _ address: String?) -> String?
  /// Another number where they have changed since.
  let edition: @Sendable () -> Int

  init(_ names: SIDNames) {
    conference = { names[$0] }
    call = { names.name(ofCall: $0, at: $1) }
    edition = { 0 }
  }

  /// - Parameter given: the name of a sid; nil where it has none.
  init(given: @escaping @Sendable (String) -> String?) {
    conference = given
    call = { sid, _ in given(sid) }
    edition = { 0 }
  }

  init(_ current: CurrentNames) {
    conference = { current.names[$0] }
    call = { current.names.name(ofCall: $0, at: $1) }
    edition = { current.edition }
  }

  /// Nothing has a name.
  static let none = ShownNames(SIDNames.none)

  /// The name that the user gave a conference.
  func given(to conference: String) -> String? { self.conference(conference).flatMap(ShownName.used) }

  /// The name that the user gave a call.
  func given(toCall sid: String, at address: String?) -> String? { call(sid, address).flatMap(ShownName.used) }

  /// The name of one call alone.
  func name(ofCall sid: String, _ identity: CallerIdentity?) -> String {
    let address = identity?.address
    return ShownName.of(given: call(sid, address), label: identity?.label, address: address) ?? ShownName.short(sid)
  }

  /// What a conference is called; nil where nobody has named it.
  func conference(_ sid: ConferenceSID, friendlyName: String?) -> String? {
    ShownName.of(given: conference(sid.text), label: friendlyName)
  }

  /// The names of several people; those whose names are the same get the end of their sid too.
  func names(of people: [PersonHistory]) -> [CallSID: String] {
    var names: [CallSID: String] = [:]
    var uses: [String: Int] = [:]
    for person in people {
      let name = name(ofCall: person.call.text, CallerIdentity(label: person.label, address: person.address))
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
