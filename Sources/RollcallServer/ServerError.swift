/// Why a server could not start.
package enum ServerError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Another program listens there.
  case portInUse(UInt16, HostAddress)
  /// The system said no; the reason is its own text, such as `bind: Permission denied`.
  case unavailable(reason: String)

  package var description: String {
    switch self {
    case .portInUse(let port, let host): "port \(port) is in use on \(host)"
    case .unavailable(let reason): "cannot listen: \(reason)"
    }
  }
}
