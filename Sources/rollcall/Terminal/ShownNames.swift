import RollcallCore
import RollcallKit
import Synchronization

/// Assigns display names, so that no two calls shown at the same time have the same name.
struct NameBook: Sendable {
  /// The maximum number of calls remembered; beyond it all are forgotten.
  private static let maximumCount = 20_000
  /// The maximum width of a name, in columns.
  private static let maximumColumns = 32
  /// The maximum number of Unicode scalars in a name, however few columns they take.
  private static let maximumScalars = 96
  private static let sidLengths = [4, 8]

  let names: ShownNames
  private let known: KnownNames
  private var edition: Int
  private var identities: [String: CallerIdentity] = [:]
  /// The last name of each call.
  private var shown: [String: String] = [:]
  /// The call that has each name now.
  private var owners: [String: String] = [:]
  /// The calls of participants who left, whose names other calls may now have.
  private var departed: Set<String> = []

  /// - Parameter known: the names from earlier events.
  init(_ names: ShownNames, known: KnownNames = KnownNames()) {
    self.names = names
    self.known = known
    edition = names.edition()
  }

  /// Reassigns all names if the user's names have changed, so that no call keeps another's name.
  ///
  /// - Returns: whether they have changed.
  @discardableResult
  mutating func renew() -> Bool {
    let latest = names.edition()
    guard latest != edition else { return false }
    (edition, shown, owners, departed) = (latest, [:], [:], [])
    return true
  }

  /// Returns the name of a call.
  ///
  /// - Parameter latest: newer information about the caller; nil keeps the known one.
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

  /// Frees the name of a participant who left, so that their next call can have it.
  mutating func release(_ sid: String) {
    departed.insert(sid)
    disown(sid)
  }

  private mutating func disown(_ sid: String) {
    if let name = shown[sid], owners[name] == sid { owners[name] = nil }
  }

  /// Returns a name that is safe to show and no wider than the maximum.
  static func cut(_ name: String) -> String {
    let shown = TerminalText.sanitised(String(String.UnicodeScalarView(name.unicodeScalars.prefix(maximumScalars))))
    return TextColumns.cut(shown, to: maximumColumns)
  }
}

/// The user's names of calls and conferences.
struct ShownNames: Sendable {
  /// Returns the user's name of a conference's sid; nil if there is none.
  private let conference: @Sendable (String) -> String?
  /// Returns the user's name of a call, by its sid or address; nil if there is none.
  private let call: @Sendable (_ sid: String, _ address: String?) -> String?
  /// Returns a number that changes with the names.
  let edition: @Sendable () -> Int

  init(_ names: SIDNames) {
    conference = { names[$0] }
    call = { names.name(ofCall: $0, at: $1) }
    edition = { 0 }
  }

  /// - Parameter given: returns the name of a sid; nil if it has none.
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

  /// No names.
  static let none = ShownNames(SIDNames.none)

  /// Returns the user's name of a conference.
  func given(to conference: String) -> String? { self.conference(conference).flatMap(ShownName.used) }

  /// Returns the user's name of a call.
  func given(toCall sid: String, at address: String?) -> String? { call(sid, address).flatMap(ShownName.used) }

  /// Returns the name of a call, without regard to other calls.
  func name(ofCall sid: String, _ identity: CallerIdentity?) -> String {
    let address = identity?.address
    return ShownName.of(given: call(sid, address), label: identity?.label, address: address) ?? ShownName.short(sid)
  }

  /// Returns the name of a conference; nil if it has none.
  func conference(_ sid: ConferenceSID, friendlyName: String?) -> String? {
    ShownName.of(given: conference(sid.text), label: friendlyName)
  }

  /// Returns the names of several participants; equal names are followed by the end of the sid.
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

extension StandardError {
  /// Warns if the user gave names by address, and none can be shown because no participant has an address.
  ///
  /// - Parameter addresses: the addresses of the participants that are shown.
  func warnOfHidden(_ names: SIDNames, at addresses: some Collection<String?>) {
    guard !addresses.isEmpty, addresses.allSatisfy({ $0 == nil }) else { return }
    warnOfHidden(
      names, because: "nobody's address is known; watch --enrich records addresses, unless --redact hides them")
  }

  /// Warns that names by address are not shown, if there are any.
  func warnOfHidden(_ names: SIDNames, because reason: String) {
    guard names.hasAddresses else { return }
    log(.warning, "names by number or other address are not shown: \(reason)")
  }
}

/// The current names in the file of `--names`, which is read at the start and again on SIGHUP.
final class CurrentNames: Sendable {
  private struct State {
    var names: SIDNames
    var edition = 0
  }

  private let path: String?
  private let state: Mutex<State>

  /// - Parameter path: the path of the file; nil if there is none.
  /// - Throws: ``UsageError`` from ``NamesFile``.
  init(path: String?) throws(UsageError) {
    self.path = path
    let names = try path.map { path throws(UsageError) in try NamesFile.read(path, pipes: .awaited()) }
    state = Mutex(State(names: names ?? .none))
  }

  var names: SIDNames { state.withLock(\.names) }
  /// A number that changes with the names.
  var edition: Int { state.withLock(\.edition) }

  /// Reloads the file. If it has an error, that is logged and the names stay as they are.
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
      log.log(.warning, "names stay as they were, because they could not be reloaded: \(error.message)")
    }
  }
}

/// Reads the file of `--names`.
enum NamesFile {
  /// - Throws: ``UsageError`` with ``ExitStatus/noInput`` if there is no such file, otherwise with
  ///   ``ExitStatus/configuration`` and the number of the wrong line.
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
