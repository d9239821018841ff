/// Why a server could not start.
package enum ServerError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Another program listens there.
  case portInUse(UInt16)
  /// The system said no; the reason is its own text, such as `bind: Permission denied`.
  case unavailable(reason: String)

  package var description: String {
    switch self {
    case .portInUse(let port): "port \(port) is in use on 127.0.0.1"
    case .unavailable(let reason): "cannot listen on 127.0.0.1: \(reason)"
    }
  }
}
