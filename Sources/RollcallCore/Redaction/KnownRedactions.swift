/// What the streams of one store redact, as far as their keys are known: the events of an earlier one may still be on their
/// way.
package struct KnownRedactions: Sendable {
  /// The current one, where there is one, and those before it.
  package let redactions: [Redaction]
  /// Whether any of them leaves the account out: whoever reads events of the store is not told of it otherwise either.
  package let hideAccount: Bool
  /// Whether there are redacted events whose key is not known.
  package let areIncomplete: Bool

  package init(_ redactions: [Redaction] = [], hideAccount: Bool? = nil, areIncomplete: Bool = false) {
    self.redactions = redactions
    self.hideAccount = hideAccount ?? redactions.contains { $0.redacts(.accountSID) }
    self.areIncomplete = areIncomplete
  }
}

extension EventSelection {
  /// The same, of events that are redacted: whoever is named in it is meant by their tokens as well.
  package func redacted(by known: KnownRedactions) -> EventSelection {
    guard let calls else { return self }
    return choosing(known.redactions.reduce(calls) { $0.union(calls.map($1.shown)) })
  }
}

extension MessageFormat {
  /// The same, without what no event tells.
  package func redacted(by known: KnownRedactions) -> MessageFormat {
    guard known.hideAccount, case .cloudEvents(let source) = self else { return self }
    return .cloudEvents(source.withoutAccount)
  }
}
