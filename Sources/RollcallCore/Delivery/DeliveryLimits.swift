/// How much of a target's backlog ``DeliveryQueue`` keeps in memory, and how large the backlog may grow.
package struct DeliveryLimits: Hashable, Sendable {
  /// The maximum number of events that wait in memory.
  package static let boundInMemory = 100_000
  /// The maximum number of one lane's deliveries in memory while events wait in a file.
  package static let windowOfFile = 64
  /// The maximum number of lanes in memory while events wait in a file.
  package static let lanesOfFile = 4096

  /// The maximum number of undelivered events; beyond it the oldest is given up.
  package var undelivered: Int
  /// The maximum number of deliveries in memory of one lane; later events stay in the store.
  package var window: Int
  /// The maximum number of lanes. Idle ones make room for others; if none is idle, ``DeliveryQueue/hasRoom`` is false.
  package var lanes: Int
  /// Whether every event from the oldest undelivered one to the newest counts as undelivered, because the store keeps
  /// all of them in memory.
  package var countsWholeSpan: Bool

  /// Returns the limits for a store that keeps events in memory anyway.
  package static func inMemory(undelivered bound: Int = boundInMemory) -> DeliveryLimits {
    DeliveryLimits(undelivered: max(bound, 1), window: .max, lanes: .max, countsWholeSpan: true)
  }

  /// Returns the limits for a store that keeps events in a file, so that memory does not grow with the backlog.
  package static func inFile(
    undelivered bound: Int, window: Int = windowOfFile, lanes: Int = lanesOfFile
  ) -> DeliveryLimits {
    DeliveryLimits(undelivered: max(bound, 1), window: max(window, 2), lanes: max(lanes, 1), countsWholeSpan: false)
  }
}

/// What is sent to a target in one request, and how fast requests may follow one another.
package struct DeliveryPace: Hashable, Sendable {
  /// Whether events of one lane with one timestamp, which belong to one poll, are sent together.
  package var joinsPolls: Bool
  /// The maximum number of requests in flight.
  package var inFlight: Int
  /// The minimum time from the end of a request to the start of the next. If it is above zero, a receiver that asks for
  /// a pause gets one for all lanes.
  package var gap: Duration

  /// Each event in a request of its own.
  package static let events = DeliveryPace(joinsPolls: false, inFlight: DeliveryQueue.maximumInFlight, gap: .zero)
  /// One message for each poll, and at most one per second, as chat services require.
  package static let messages = DeliveryPace(joinsPolls: true, inFlight: 1, gap: .seconds(1))

  /// Whether the receiver limits the requests of all lanes together.
  var restsAsWhole: Bool { gap > .zero }
}

/// When to retry the head of a lane: after 1 s, 5 s, 30 s, 2 min, 5 min, then every 5 min, ±20 %.
package enum RetryPolicy {
  /// The waits after consecutive failures; the last one repeats.
  package static let delays: [Duration] = [.seconds(1), .seconds(5), .seconds(30), .seconds(120), .seconds(300)]
  /// The maximum deviation of a wait, in percent.
  package static let jitterPercent: Int64 = 20

  /// - Parameters:
  ///   - failures: the number of failed attempts, at least 1.
  ///   - retryAfter: the minimum wait that the receiver asked for; values above 15 min count as 15 min.
  package static func delay(
    failures: Int, retryAfter: Duration?, using random: inout some RandomNumberGenerator
  ) -> Duration {
    let delay = delays[min(max(failures, 1), delays.count) - 1].wholeMilliseconds
    let spread = delay * jitterPercent / 100
    let jittered = Duration.milliseconds(Int64.random(in: (delay - spread)...(delay + spread), using: &random))
    return max(jittered, min(retryAfter ?? .zero, RetryAfter.longest))
  }
}
