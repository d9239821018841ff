/// How much of a target's backlog ``DeliveryQueue`` takes in, and how large that may grow.
package struct DeliveryLimits: Hashable, Sendable {
  /// Events that may wait in memory.
  package static let boundInMemory = 100_000
  /// Entries of one lane that are held while the events wait in a file.
  package static let windowOfFile = 64
  /// Lanes that are known while the events wait in a file.
  package static let lanesOfFile = 4096

  /// Undelivered events; at one more the oldest is given up.
  package var undelivered: Int
  /// Entries that one lane holds; what comes after them stays in the store.
  package var window: Int
  /// Lanes that are known. Idle ones make room for others; where none is idle, ``DeliveryQueue/hasRoom`` is false.
  package var lanes: Int
  /// Whether all events from the oldest undelivered one to the newest count as undelivered ones do, because the store keeps
  /// them in memory.
  package var countsWholeSpan: Bool

  /// For a store that keeps events in memory anyway.
  package static func inMemory(undelivered bound: Int = boundInMemory) -> DeliveryLimits {
    DeliveryLimits(undelivered: max(bound, 1), window: .max, lanes: .max, countsWholeSpan: true)
  }

  /// For a store that keeps events in a file: what is held does not grow with them.
  package static func inFile(
    undelivered bound: Int, window: Int = windowOfFile, lanes: Int = lanesOfFile
  ) -> DeliveryLimits {
    DeliveryLimits(undelivered: max(bound, 1), window: max(window, 2), lanes: max(lanes, 1), countsWholeSpan: false)
  }
}
