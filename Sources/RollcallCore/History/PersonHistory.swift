/// What one call did in one conference.
package struct PersonHistory: Equatable, Sendable {
  package let call: CallSID
  /// The provider's last word for them, where it has any.
  package internal(set) var label: String?
  /// In the order in which they began; those of one kind do not overlap.
  package internal(set) var spans: [HistorySpan] = []

  package func spans(_ kind: HistorySpan.Kind) -> [HistorySpan] { spans.filter { $0.kind == kind } }

  /// How long all of a kind lasted together.
  package func milliseconds(_ kind: HistorySpan.Kind) -> Int64 {
    spans.reduce(0) { $1.kind == kind ? $0 + $1.milliseconds : $0 }
  }

  /// Whether a state goes on past the end of the history.
  package func isOpen(_ kind: HistorySpan.Kind) -> Bool { spans.contains { $0.kind == kind && $0.isOpen } }

  /// How many times somebody was seen to come.
  package var joins: Int { spans.count { $0.kind == .presence && $0.beginning != .unseen } }

  /// When they were first in the room; nil where nothing is known of it.
  package var first: Timestamp? { spans.lazy.filter { $0.kind == .presence }.map(\.start).min() }
  package var last: Timestamp? { spans.lazy.filter { $0.kind == .presence }.map(\.end).max() }

  /// The part that lies in a window; nil where they were not there.
  func clipped(to window: ClosedRange<Timestamp>) -> PersonHistory? {
    var person = self
    person.spans = spans.compactMap { $0.clipped(to: window) }
    return person.spans.isEmpty ? nil : person
  }
}
