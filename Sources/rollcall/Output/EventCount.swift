/// So many events, in words.
enum EventCount {
  /// `1 event`, `2 events`.
  static func text(_ count: some BinaryInteger) -> String { count == 1 ? "1 event" : "\(count) events" }

  /// The same with its verb: `1 event was`, `2 events were`.
  static func past(_ count: some BinaryInteger) -> String { "\(text(count)) \(verb(count))" }

  /// `1 was`, `2 were`.
  static func pastAlone(_ count: some BinaryInteger) -> String { "\(count) \(verb(count))" }

  private static func verb(_ count: some BinaryInteger) -> String { count == 1 ? "was" : "were" }
}
