/// Why a reply is not a page of participants. Whatever it is, the whole scan has failed.
package enum PageError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The reply is no JSON, or nested too deeply; `offset` in bytes from its start.
  case notJSON(offset: Int)
  /// The reply is JSON but no page.
  case malformedPage(reason: String)
  /// A row cannot be believed: the row's index, and the offset in bytes from the start of the reply.
  case malformedRow(reason: String, index: Int, offset: Int)

  init(_ fault: ReadFault, rowsBefore: Int) {
    self =
      switch fault.reason {
      case .json: .notJSON(offset: fault.offset)
      case .page: .malformedPage(reason: fault.reason.text)
      case .row: .malformedRow(reason: fault.reason.text, index: rowsBefore, offset: fault.offset)
      }
  }

  package var description: String {
    switch self {
    case .notJSON(let offset): "the reply is not JSON at byte \(offset)"
    case .malformedPage(let reason): reason
    case .malformedRow(let reason, let index, let offset): "row \(index), byte \(offset): \(reason)"
    }
  }
}
