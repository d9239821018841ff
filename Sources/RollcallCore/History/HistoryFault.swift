/// Why a line does not continue a history.
package enum HistoryFault: Error, Equatable, Sendable {
  /// It is no JSON; from 1, in bytes.
  case notJSON(column: Int, reason: String)
  /// It is JSON, but no event of rollcall: what it lacks.
  case foreign(lacks: String)
  /// It is a CloudEvent of another type than rollcall's.
  case otherProgram
  /// It is of an earlier time than the event before it, or a run that was left already goes on.
  case disordered
  /// There is more than ``HistoryFold/maximumSpans`` to remember.
  case tooMuch

  /// What is wrong, as the end of a sentence that begins with the line.
  package var text: String {
    switch self {
    case .notJSON(let column, let reason): "is no JSON at byte \(column): \(reason)"
    case .foreign(let lacks): "is no event of rollcall: it has no valid \(lacks)"
    case .otherProgram: "is a CloudEvent from another program"
    case .disordered: "goes back in time: events of a conference stand in their order, one run after the other"
    case .tooMuch: "goes beyond \(HistoryFold.maximumSpans) spans of time, which is the most that is drawn or counted"
    }
  }
}
