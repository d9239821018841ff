import RollcallCore
import RollcallKit

/// The events to post again, in order, read one by one.
struct ResendQueue {
  /// A chosen event; ``event`` is nil if the file no longer has it.
  struct Item {
    let sequence: UInt64
    let event: StoredEvent?
  }

  private let selection: ResendCommand.Selection
  private let target: String
  /// The target's own filter.
  private let wanted: EventFilter
  private let file: StateReader
  private let from: Timestamp?
  /// Events written after the command started are excluded.
  private let end: UInt64
  private var last: UInt64 = 0
  /// The number of chosen events when the command started.
  let total: Int

  init(
    _ selection: ResendCommand.Selection, of target: WebhookTarget, in file: StateReader
  ) throws(StoreFailure) {
    var selection = selection
    if case .id(let id, let sequence) = selection {
      selection = .id(id, sequence: try file.sequence(ofID: id, expecting: sequence) ?? sequence)
    }
    self.selection = selection
    self.target = target.name
    wanted = target.wanted
    self.file = file
    end = try file.bounds()?.upperBound ?? 0
    switch selection {
    case .deadLetters:
      from = nil
      total = try file.deadLetterCounts().first { $0.target == target.name }?.count ?? 0
    case .id(let id, let sequence):
      from = nil
      total = try file.event(sequence)?.id == id ? 1 : 0
    case .since(let moment):
      from = moment
      total = try file.count(of: target.wanted, from: moment)
      last = try file.sequence(before: moment)
    }
  }

  mutating func next() throws(StoreFailure) -> Item? {
    let item: Item?
    switch selection {
    case .deadLetters:
      guard let sequence = try file.deadLetter(of: target, after: last) else { return nil }
      item = Item(sequence: sequence, event: try file.event(sequence))
    case .id(_, let sequence):
      guard last < sequence else { return nil }
      item = Item(sequence: sequence, event: try file.event(sequence))
    case .since:
      item = try nextWanted()
    }
    guard let item, item.sequence <= end else { return nil }
    last = item.sequence
    return item
  }

  /// Returns the next event that passes the target's own filter.
  private mutating func nextWanted() throws(StoreFailure) -> Item? {
    let selection = StateReader.Selection(from: from)
    while let event = try file.events(selection, after: last, limit: 1).first, event.sequence <= end {
      last = event.sequence
      if wanted.accepts(event) { return Item(sequence: event.sequence, event: event) }
    }
    return nil
  }
}

/// Counts and logs the outcomes of the events.
struct ResendReport {
  private let host: String
  private let total: Int
  private let log: StandardError
  private var progress: ProgressLine
  private var delivered = 0
  private var refused = 0
  private var lost = 0
  private var damaged = 0

  init(_ host: String, total: Int, log: StandardError, progress: ProgressLine) {
    self.host = host
    self.total = total
    self.log = log
    self.progress = progress
  }

  /// Records an outcome.
  ///
  /// - Returns: whether to try the next event.
  mutating func take(_ outcome: WebhookResender.Outcome, of event: StoredEvent) -> Bool {
    let id = event.id
    switch outcome {
    case .delivered:
      delivered += 1
      progress.show("\(delivered) of \(total) events delivered")
      return true
    case .rejected(let answer):
      refused += 1
      warn("\(id) was refused: \(answer)")
      return true
    case .damaged:
      damaged += 1
      warn("event \(event.sequence) is damaged in the state file and cannot be resent")
      return true
    case .gone(let answer):
      warn("\(answer); it wants no more events")
      return false
    case .failed(let reason):
      warn(
        "\(id) was not accepted, and the next retry would be after \(WebhookResender.patience.components.seconds) s: \(reason)"
      )
      return false
    case .cancelled: return false
    }
  }

  /// Logs that an attempt failed and will be retried.
  mutating func wait(_ reason: String, _ wait: Duration) {
    progress.clear()
    log.log(.notice, "webhook \(host): \(reason); retrying in \(max(1, wait.wholeMilliseconds / 1000)) s")
  }

  /// Counts an event whose bytes are lost.
  mutating func lose(_ sequence: UInt64) {
    lost += 1
    warn("the event \(sequence) was pruned (--keep) and cannot be resent")
  }

  mutating func conclude() -> ExitStatus {
    progress.clear()
    let left = total - delivered
    guard left > 0 else {
      log.log(.notice, "webhook \(host): \(Self.events(delivered)) delivered")
      return .done
    }
    log.conclude(
      .warning, "webhook \(host): \(Self.events(delivered)) delivered, \(left) \(left == 1 ? "was" : "were") not")
    return damaged > 0 ? .damagedData : .tryLater
  }

  private static func events(_ count: Int) -> String { count == 1 ? "1 event was" : "\(count) events were" }

  private mutating func warn(_ text: String) {
    progress.clear()
    log.log(.warning, "webhook \(host): \(text)")
  }
}
