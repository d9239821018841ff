extension EventSelection {
  /// The same, of events that are redacted: whoever is named in it is meant by their tokens as well.
  package func redacted(by redaction: Redaction?) -> EventSelection {
    guard let redaction, let calls else { return self }
    return choosing(calls.union(calls.map(redaction.shown)))
  }
}

extension MessageFormat {
  /// The same, without what no event tells.
  package func redacted(_ fields: Set<Redaction.Field>) -> MessageFormat {
    guard fields.contains(.accountSID), case .cloudEvents(let source) = self else { return self }
    return .cloudEvents(source.withoutAccount)
  }
}
