/// A message for people about one poll, before it is put as one chat service wants it.
///
/// Its texts have nothing hidden in them, but may hold anything that is markup or a mention at some service.
struct ChatMessage: Hashable, Sendable {
  /// What it is about.
  var title: String
  /// The time of the poll, such as `14:03:22 UTC`.
  var time: String
  /// A sentence each.
  var lines: [String] = []
  /// Sentences that are left out.
  var omitted = 0

  /// How it ends, for those who do not see all of it: how many are in the room, or that the conference is over.
  var ending: String?

  /// The last line, where something is left out.
  var remainder: String? { omitted == 0 ? nil : "+\(omitted) more" + (ending.map { " · \($0)" } ?? "") }

  /// The lines as a list, and what is said of those left out.
  ///
  /// - Parameter safe: writes a text so that nothing in it is markup or a mention.
  func listed(_ safe: (String) -> String) -> [String] {
    lines.map { "• " + safe($0) } + (remainder.map { [$0] } ?? [])
  }

  /// The same with so many lines at the most.
  func shortened(to count: Int) -> ChatMessage {
    var message = self
    message.lines = Array(lines.prefix(count))
    message.omitted += lines.count - message.lines.count
    return message
  }
}
