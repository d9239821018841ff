package import RollcallCore
import Synchronization

/// The API token as it is now, and the way to read it again.
package final class CurrentToken: Sendable {
  private struct State {
    var secret: Secret
    /// The credentials that were asked for last, and for which project: they are needed for every request.
    var credentials: (project: String, secret: Secret)?
  }

  private let state: Mutex<State>
  private let source: @Sendable () -> Secret?

  /// - Parameter source: reads the token again; nil keeps the one that there is.
  package init(_ secret: Secret, source: @escaping @Sendable () -> Secret? = { nil }) {
    state = Mutex(State(secret: secret))
    self.source = source
  }

  package var value: Secret { state.withLock { $0.secret } }

  /// What HTTP's Basic scheme sends.
  func credentials(of project: String) -> Secret {
    state.withLock { state in
      if let known = state.credentials, known.project == project { return known.secret }
      let credentials = Secret(Base64.encode(Array("\(project):\(state.secret.reveal())".utf8)))
      state.credentials = (project, credentials)
      return credentials
    }
  }

  /// Reads the token again, from the next request on.
  package func renew() {
    guard let renewed = source() else { return }
    state.withLock { $0 = State(secret: renewed) }
  }
}
