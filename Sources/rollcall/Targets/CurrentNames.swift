import RollcallCore
import RollcallKit
import Synchronization

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
