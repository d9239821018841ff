import RollcallCore

/// Reads the events that the attempts of one webhook send.
struct DeliveryReader: Sendable {
  /// What one attempt sends.
  struct Content: Sendable {
    let first: StoredEvent
    /// The id of the event before the first one in its lane; nil if there is none.
    let previousID: String?
    private(set) var body: MessageBody
    /// Whether all of its events are damaged.
    private(set) var isEmpty = true
    /// The damaged events, which are not sent.
    private(set) var damaged: [StoredEvent] = []

    fileprivate init(_ first: StoredEvent, previousID: String?, _ body: MessageBody) {
      self.first = first
      self.previousID = previousID
      self.body = body
      add(first)
    }

    fileprivate mutating func add(_ event: StoredEvent) {
      guard !event.isDamaged else { return damaged.append(event) }
      body.add(event)
      isEmpty = false
    }
  }

  /// The maximum number of events read at once.
  static let batch = 256

  let store: any EventStore
  /// The events that pass the target's filter and that its format reports.
  let selection: EventFilter
  let known: KnownNames

  /// Reads all events of a delivery.
  ///
  /// - Parameter first: the first event that the target may get.
  /// - Throws: ``StoreFailure`` with ``StoreFailure/Kind/damaged`` if the store does not have them.
  func content(
    of delivery: Delivery, after previous: PrecedingEvent, since first: UInt64, as format: MessageFormat
  ) async throws(StoreFailure) -> Content {
    guard let head = try await store.events(after: delivery.first - 1, limit: 1).first,
      head.sequence == delivery.first
    else { throw StoreFailure(.damaged, "an event is missing") }
    var content = Content(
      head, previousID: try await id(of: previous, before: head, since: first),
      MessageBody(format, known: known.context(of: head.conference)))
    var last = head.sequence
    while last < delivery.last {
      let events = try await store.events(after: last, limit: min(Self.batch, Int(delivery.last - last)))
      guard let newest = events.last?.sequence else { throw StoreFailure(.damaged, "an event is missing") }
      for event in events where event.conference == head.conference && selection.accepts(event) { content.add(event) }
      last = newest
      // A large poll must not keep the loop from its other work.
      if last < delivery.last { await Task.yield() }
    }
    return content
  }

  /// Returns the id of the previous wanted event in an event's lane.
  private func id(
    of previous: PrecedingEvent, before event: StoredEvent, since first: UInt64
  ) async throws(StoreFailure) -> String? {
    let sequence: UInt64?
    switch previous {
    case .none: sequence = nil
    case .event(let known): sequence = known
    case .unknown:
      let span = LaneSpan(lane: event.conference, after: first - 1, through: event.sequence - 1)
      sequence = try await store.last(in: span, of: selection)
    }
    guard let sequence else { return nil }
    return try await store.id(of: sequence)
  }

  /// Returns how many events each lane that is behind has in the store.
  func counts(behind cursor: Cursor) async throws(StoreFailure) -> [ConferenceSID?: Int] {
    var counts: [ConferenceSID?: Int] = [:]
    for (lane, done) in cursor.behind {
      counts[lane] = try await store.count(
        in: LaneSpan(lane: lane, after: done, through: cursor.taken), of: selection)
    }
    return counts
  }

  /// Returns one event; nil if it is unreadable now.
  func event(_ sequence: UInt64) async -> StoredEvent? {
    guard let found = try? await store.events(after: sequence - 1, limit: 1).first else { return nil }
    return found.sequence == sequence ? found : nil
  }

  /// Returns the sequences of a delivery's events after the first one, as far as they are readable now.
  func others(of delivery: Delivery, in lane: ConferenceSID?) async -> [UInt64] {
    var sequences: [UInt64] = []
    var last = delivery.first
    while last < delivery.last {
      let span = LaneSpan(lane: lane, after: last, through: delivery.last)
      guard let found = try? await store.references(in: span, of: selection, limit: Self.batch),
        let newest = found.last?.sequence
      else { break }
      sequences += found.map(\.sequence)
      last = newest
    }
    return sequences
  }
}
