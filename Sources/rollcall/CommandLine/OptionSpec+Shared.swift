import RollcallCore

extension OptionSpec {
  /// How a webhook's bodies are made.
  static let webhookFormat = OptionSpec.value(
    .webhookFormat, "FORMAT",
    MessageFormat.Name.allCases.map { $0 == .rollcall ? "\($0.rawValue) (default)" : $0.rawValue }
      .joined(separator: ", "))

  /// How long a webhook may take.
  static let webhookTimeout = OptionSpec.value(
    .webhookTimeout, "DURATION", "how long one attempt may take, 1s to 60s (default 15s)")

  /// Whom the events are about.
  static let call = OptionSpec.value(
    .call, "SID", repeatable: true, "of events about people only those of this call or its coach; repeatable")

  /// Where a part of a history begins and ends.
  static let since = OptionSpec.value(.since, "TIME", "only from then on: \(Moment.examples)")
  static let until = OptionSpec.value(.until, "TIME", "only until then")

  /// What people and conferences are called, wherever people read it.
  static let names = OptionSpec.value(
    .names, "FILE", "names to show, one a line: a sid, its beginning or an address, then a name")
}
