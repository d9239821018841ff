package import RollcallCore

/// How events are written to a descriptor.
package protocol LineFormat: Sendable {
  /// What is written for the next event: whole lines, or nothing.
  mutating func bytes(of event: StoredEvent) -> [UInt8]
}

/// The lines as they are stored.
package struct FrozenLines: LineFormat {
  package init() {}

  package func bytes(of event: StoredEvent) -> [UInt8] { event.line }
}
