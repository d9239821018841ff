package import RollcallCore
import Synchronization

/// The API token as it is now, and the way to read it again.
package final class CurrentToken: Sendable {
  private struct State {
    var secret: Secret
    /// The header that was asked for last, and for which space: it is needed for every request.
    var authorization: (space: Space, header: Secret)?
  }

  private let state: Mutex<State>
  private let source: @Sendable () -> Secret?

  /// - Parameter source: reads the token again; nil keeps the one that there is.
  package init(_ secret: Secret, source: @escaping @Sendable () -> Secret? = { nil }) {
    state = Mutex(State(secret: secret))
    self.source = source
  }

  package var value: Secret { state.withLock { $0.secret } }

  /// The value of the `Authorization` header.
  func authorization(for space: Space, _ dialect: any ProviderDialect) -> Secret {
    state.withLock { state in
      if let known = state.authorization, known.space == space { return known.header }
      let header = dialect.authorization(account: space.project, token: state.secret)
      state.authorization = (space, header)
      return header
    }
  }

  /// Reads the token again, from the next request on.
  package func renew() {
    guard let renewed = source() else { return }
    state.withLock { $0 = State(secret: renewed) }
  }
}
