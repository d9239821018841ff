package import RollcallCore

/// What somebody wants redacted; a stream that has no key yet gets one.
package struct RedactionChoice: Sendable {
  package let fields: Set<Redaction.Field>
  /// nil for a random one, which a state file keeps for the stream.
  package let key: [UInt8]?

  package init(_ fields: Set<Redaction.Field>, key: [UInt8]?) {
    self.fields = fields
    self.key = key
  }

  /// For a stream that lives in memory.
  package func redaction() -> Redaction { Redaction(fields, key: key ?? RandomKey.bytes()) }
}
