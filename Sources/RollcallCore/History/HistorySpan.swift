/// A stretch of time in which somebody was in the room, muted, held or coaching.
package struct HistorySpan: Equatable, Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    case presence = "room"
    case muted
    case held
    case coaching
  }

  /// What is known of an end of a span.
  package enum Edge: Equatable, Sendable {
    /// It changed after that moment, and not later than the span's own; nil where only the latter is known.
    case seen(after: Timestamp?)
    /// It lies outside what was told: somebody was there already, or is still so at the end.
    case unseen
  }

  package let kind: Kind
  /// Whom a coach coaches, as the event says; nil where nobody is named.
  package let target: String?
  package internal(set) var start: Timestamp
  package internal(set) var beginning: Edge
  package internal(set) var end: Timestamp
  package internal(set) var ending: Edge

  package var milliseconds: Int64 { (end - start).wholeMilliseconds }

  /// Whether the state goes on past the end of the history.
  package var isOpen: Bool { ending == .unseen }

  /// The part that lies in a window; nil where none does.
  func clipped(to window: ClosedRange<Timestamp>) -> HistorySpan? {
    guard end > window.lowerBound || start >= window.lowerBound, start <= window.upperBound else { return nil }
    var span = self
    if start < window.lowerBound { (span.start, span.beginning) = (window.lowerBound, .unseen) }
    if end > window.upperBound { (span.end, span.ending) = (window.upperBound, .unseen) }
    return span
  }
}
