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
