package import RollcallCore
import Synchronization

/// The current API token, which can be read again from its source.
package final class CurrentToken: Sendable {
  private struct State {
    var secret: Secret
    /// The last header and its space, because every request needs it.
    var authorization: (space: Space, header: Secret)?
  }

  private let state: Mutex<State>
  private let source: @Sendable () -> Secret?
  private let sourceHasChanged: @Sendable () -> Bool

  /// - Parameters:
  ///   - source: reads the token again; nil keeps the current one.
  ///   - hasChanged: returns whether the token's source has changed since the last call. Must not block.
  package init(
    _ secret: Secret, hasChanged: @escaping @Sendable () -> Bool = { false },
    source: @escaping @Sendable () -> Secret? = { nil }
  ) {
    state = Mutex(State(secret: secret))
    sourceHasChanged = hasChanged
    self.source = source
  }

  /// Returns whether the token's source has changed since the last call.
  func hasChanged() -> Bool { sourceHasChanged() }

  package var value: Secret { state.withLock { $0.secret } }

  /// Returns the value of the `Authorization` header.
  func authorization(for space: Space, _ dialect: any ProviderDialect) -> Secret {
    state.withLock { state in
      if let known = state.authorization, known.space == space { return known.header }
      let header = dialect.authorization(account: space.project, token: state.secret)
      state.authorization = (space, header)
      return header
    }
  }

  /// Reads the token again for later requests.
  package func renew() {
    guard let renewed = source() else { return }
    state.withLock { $0 = State(secret: renewed) }
  }
}
