/// What one attempt to deliver an event came to.
package enum DeliveryOutcome: Hashable, Sendable {
  /// 2xx.
  case delivered
  /// The receiver will never take this event: 400, 413, 415, 422.
  case rejected(status: Int)
  /// Nothing was sent: the store no longer has what was to be.
  case damaged
  /// The receiver wants no more events at all: 410.
  case gone
  /// Anything else, no reply included: the event stays and is tried again, not before the time that the receiver asks for.
  case hold(retryAfter: Duration?)

  /// - Parameters:
  ///   - status: the reply's status; nil where no whole reply arrived.
  ///   - retryAfter: the reply's `Retry-After`, if it can be read.
  ///   - refusalIsFinal: whether 401, 403 and 404 count as 410, as they do at chat services, where they mean a hook that
  ///     was deleted.
  package static func classify(
    status: Int?, retryAfter: Duration? = nil, refusalIsFinal: Bool = false
  ) -> DeliveryOutcome {
    switch status {
    case .some(200...299): .delivered
    case .some(let status) where [400, 413, 415, 422].contains(status): .rejected(status: status)
    case 410: .gone
    case 401, 403, 404: refusalIsFinal ? .gone : .hold(retryAfter: retryAfter)
    case .some, .none: .hold(retryAfter: retryAfter)
    }
  }
}
