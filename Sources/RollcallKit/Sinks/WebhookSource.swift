package import RollcallCore

/// The webhooks of a watch, and how they are read again: on a signal, and by one that answers 401.
package struct WebhookSource: Sendable {
  package static let none = WebhookSource([]) { [] }

  package let targets: [WebhookTarget]
  /// Reads all of them again; nil where anything is wrong, which leaves them as they are.
  let reread: @Sendable () -> [WebhookTarget]?

  package init(_ targets: [WebhookTarget], reread: @escaping @Sendable () -> [WebhookTarget]?) {
    self.targets = targets
    self.reread = reread
  }

  /// Returns the same for redacted events, now and whenever they are read again.
  func redacted(by redaction: Redaction?) -> WebhookSource {
    guard let redaction else { return self }
    return WebhookSource(targets.map { $0.redacted(redaction.fields, by: redaction) }) { [reread] in
      reread()?.map { $0.redacted(redaction.fields, by: redaction) }
    }
  }

  /// Reads one of them again; nil leaves it as it was.
  func fresh(_ name: String) -> WebhookTarget? { reread()?.first { $0.name == name } }
}

extension WebhookTarget {
  /// Returns the same for redacted events.
  ///
  /// - Parameter redaction: nil where the key of their tokens is not known.
  package func redacted(_ fields: Set<Redaction.Field>, by redaction: Redaction?) -> WebhookTarget {
    var target = self
    target.format = format.redacted(fields)
    target.filter = filter.redacted(by: redaction)
    return target
  }
}
