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

/// What goes to a target in one request, and how fast requests may follow one another.
package struct DeliveryPace: Hashable, Sendable {
  /// Whether events of one lane and one moment, which are those of a poll, go out as one.
  package var joinsPolls: Bool
  /// Requests in flight at a time.
  package var inFlight: Int
  /// From the end of a request to the beginning of the next one. A receiver that asks for a pause gets one for all lanes
  /// where this is more than zero.
  package var gap: Duration

  /// Each event for itself.
  package static let events = DeliveryPace(joinsPolls: false, inFlight: DeliveryQueue.maximumInFlight, gap: .zero)
  /// A message for each poll and at most one a second, as chat services want it.
  package static let messages = DeliveryPace(joinsPolls: true, inFlight: 1, gap: .seconds(1))

  /// Whether the receiver counts the requests of all lanes together.
  var restsAsWhole: Bool { gap > .zero }
}

/// When the head of a lane is tried again: after 1 s, 5 s, 30 s, 2 min, 5 min, then every 5 min, ±20 %.
package enum RetryPolicy {
  /// The waits after the first failures; the last one is repeated for ever.
  package static let delays: [Duration] = [.seconds(1), .seconds(5), .seconds(30), .seconds(120), .seconds(300)]
  /// How much shorter or longer a wait may be, in percent.
  package static let jitterPercent: Int64 = 20

  /// - Parameters:
  ///   - failures: how many attempts have failed, 1 or more.
  ///   - retryAfter: what the receiver asked for: the least that is waited, cut to 15 min.
  package static func delay(
    failures: Int, retryAfter: Duration?, using random: inout some RandomNumberGenerator
  ) -> Duration {
    let delay = delays[min(max(failures, 1), delays.count) - 1].wholeMilliseconds
    let spread = delay * jitterPercent / 100
    let jittered = Duration.milliseconds(Int64.random(in: (delay - spread)...(delay + spread), using: &random))
    return max(jittered, min(retryAfter ?? .zero, RetryAfter.longest))
  }
}
