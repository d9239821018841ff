package import RollcallCore
import Synchronization

/// The API token as it is now, and the way to read it again.
package final class CurrentToken: Sendable {
  private let secret: Mutex<Secret>
  private let source: @Sendable () -> Secret?

  /// - Parameter source: reads the token again; nil keeps the one that there is.
  package init(_ secret: Secret, source: @escaping @Sendable () -> Secret? = { nil }) {
    self.secret = Mutex(secret)
    self.source = source
  }

  package var value: Secret { secret.withLock { $0 } }

  /// Reads the token again, from the next request on.
  package func renew() {
    guard let renewed = source() else { return }
    secret.withLock { $0 = renewed }
  }
}
