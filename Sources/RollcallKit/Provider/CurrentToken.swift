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
  private let sourceHasChanged: @Sendable () -> Bool

  /// - Parameters:
  ///   - source: reads the token again; nil keeps the one that there is.
  ///   - hasChanged: whether what ``source`` reads has changed since this was last asked. Must not block.
  package init(
    _ secret: Secret, hasChanged: @escaping @Sendable () -> Bool = { false },
    source: @escaping @Sendable () -> Secret? = { nil }
  ) {
    state = Mutex(State(secret: secret))
    sourceHasChanged = hasChanged
    self.source = source
  }

  /// Whether the token has changed where it is kept, since this was last asked.
  func hasChanged() -> Bool { sourceHasChanged() }

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
