/// Folds the events of one conference, in their order.
struct ConferenceFold {
  private(set) var history: ConferenceHistory
  /// The run that the last event was of, and those before it.
  private(set) var epoch: UInt64
  private var pastEpochs: Set<UInt64> = []
  private var sequence: UInt64 = 0
  private var people: [CallSID: PersonFold] = [:]
  /// In the order in which they came.
  private var order: [CallSID] = []
  private var present = 0
  /// How many spans, interruptions and earlier runs are remembered.
  private(set) var size = 1

  init(_ conference: ConferenceSID, _ event: HistoryEvent) {
    history = ConferenceHistory(conference: conference, start: event.timestamp, end: event.timestamp)
    epoch = event.epoch
  }

  /// - Parameter left: when the stream that the event before this one was of told its last.
  mutating func fold(_ event: HistoryEvent, left: Timestamp) throws(HistoryFault) {
    if event.epoch == epoch {
      // Deliveries may come twice.
      guard event.sequence > sequence else { return }
      guard event.timestamp >= history.end else { throw .disordered }
    } else {
      // What a later version tells may well be no beginning.
      guard let type = event.type else { return }
      try beginRun(event, type, left: left)
    }
    (sequence, history.end) = (event.sequence, event.timestamp)
    guard let type = event.type else { return }
    if let call = event.call, type.isAboutPerson { return fold(event, type, of: call) }
    switch type {
    case .conferencePresent, .conferenceStarted: history.hasEnded = false
    case .conferenceEnded:
      closeAll(at: event.timestamp, event.edge)
      history.hasEnded = true
    case .watchStarted: history.interval = event.json["interval_ms"]?.asInteger.map { .milliseconds($0) }
    case .watchInterrupted: interrupt(event)
    case .watchResumed: resume(event)
    case .participantPresent, .participantJoined, .participantLeft, .participantMuted, .participantUnmuted,
      .participantHeld, .participantUnheld, .participantCoachingStarted, .participantCoachingStopped,
      .participantUpdated, .watchHeartbeat, .watchStopped:
      break
    }
    if let name = event.json["friendly_name"]?.asText { history.friendlyName = name }
  }

  /// - Parameter end: the last moment that the stream tells of.
  consuming func finished(at end: Timestamp) -> ConferenceHistory {
    if !history.hasEnded {
      let end = max(history.end, end)
      history.end = end
      for call in order { people[call]?.close(at: end, .unseen) }
      endInterruption(at: end, isOpen: true)
    }
    history.people = order.compactMap { people[$0]?.history }
    return history
  }

  private mutating func fold(_ event: HistoryEvent, _ type: EventType, of call: CallSID) {
    history.hasEnded = false
    var person = people[call] ?? PersonFold(call)
    if people[call] == nil { order.append(call) }
    // Taken out, so that it is not copied with each event.
    people[call] = nil
    let (spans, wasThere) = (person.history.spans.count, person.isThere)
    person.fold(event, type, since: history.start)
    present += (person.isThere ? 1 : 0) - (wasThere ? 1 : 0)
    size += max(0, person.history.spans.count - spans)
    people[call] = person
    if let count = event.count {
      history.counts.note(count, at: event.timestamp)
      history.missing = max(0, count - present)
    }
  }

  /// A run that a store has kept the room for goes on with it; what was before any other has ended unseen.
  private mutating func beginRun(_ event: HistoryEvent, _ type: EventType, left: Timestamp) throws(HistoryFault) {
    guard pastEpochs.insert(epoch).inserted, !pastEpochs.contains(event.epoch) else { throw .disordered }
    epoch = event.epoch
    size += 1
    guard !history.hasEnded, type.beginsAnew else {
      guard event.timestamp >= history.end else { throw .disordered }
      return
    }
    let left = max(left, history.end)
    guard event.timestamp >= left else { throw .disordered }
    closeAll(at: left, .unseen)
    history.interruptions.append(Interruption(start: left, end: event.timestamp, reason: nil, isOpen: false))
  }

  private mutating func closeAll(at moment: Timestamp, _ ending: HistorySpan.Edge) {
    for call in order { people[call]?.close(at: moment, ending) }
    endInterruption(at: moment, isOpen: false)
    present = 0
    history.counts.note(0, at: moment)
    history.missing = 0
  }

  private mutating func interrupt(_ event: HistoryEvent) {
    guard history.interruptions.last?.isOpen != true else { return }
    history.interruptions.append(
      Interruption(start: event.timestamp, end: event.timestamp, reason: reason(event), isOpen: true))
    size += 1
  }

  /// The end of a gap says when it really began: after the last complete look.
  private mutating func resume(_ event: HistoryEvent) {
    if history.interruptions.last?.isOpen == true { history.interruptions.removeLast() } else { size += 1 }
    let earliest = max(history.start, history.interruptions.last?.end ?? history.start)
    let start = max(earliest, event.moment("from") ?? event.timestamp)
    let end = max(start, min(event.moment("to") ?? event.timestamp, event.timestamp))
    history.interruptions.append(Interruption(start: start, end: end, reason: reason(event), isOpen: false))
  }

  private mutating func endInterruption(at moment: Timestamp, isOpen: Bool) {
    guard let last = history.interruptions.indices.last, history.interruptions[last].isOpen else { return }
    (history.interruptions[last].end, history.interruptions[last].isOpen) = (moment, isOpen)
  }

  private func reason(_ event: HistoryEvent) -> String { event.json["reason"]?.asText ?? "unknown" }
}
