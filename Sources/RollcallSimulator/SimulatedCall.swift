import RollcallCore

/// The phone call behind a simulated person.
struct SimulatedCall: Sendable, Equatable {
  /// What callers dial. This and the numbers of people are of the range that is kept free for fiction.
  static let service = "+15550199"
  private static let numbers = 99
  /// One of so many was called, the others called.
  private static let outboundShare = 4

  let from: String
  let to: String
  /// Whether the service called them.
  let isOutbound: Bool

  /// A call that the API has made.
  init(from: String, to: String) {
    self.from = from
    self.to = to
    isOutbound = true
  }

  /// Any call.
  init(_ random: inout SplitMix64) {
    let digits = String(random.below(Self.numbers))
    let number = "+155501" + (digits.utf8.count < 2 ? "0" : "") + digits
    isOutbound = random.below(Self.outboundShare) == 0
    from = isOutbound ? Self.service : number
    to = isOutbound ? number : Self.service
  }
}
