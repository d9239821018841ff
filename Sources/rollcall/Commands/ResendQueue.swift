import RollcallCore
import RollcallKit

/// The events that are to be posted again, in their order, read one by one.
struct ResendQueue {
  /// One that was chosen; its event is nil where the file no longer holds it.
  struct Item {
    let sequence: UInt64
    let event: StoredEvent?
  }

  private let selection: ResendOptions.Selection
  private let target: String
  /// What the target's own filter lets through.
  private let wanted: EventFilter
  private let file: StateReader
  private let from: Timestamp?
  /// What is written after the beginning is none of it.
  private let end: UInt64
  private var last: UInt64 = 0
  /// How many there are at the beginning.
  let total: Int

  init(
    _ selection: ResendOptions.Selection, of target: WebhookTarget, in file: StateReader
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

  /// The next event that the target's own filter lets through.
  private mutating func nextWanted() throws(StoreFailure) -> Item? {
    let selection = StateReader.Selection(from: from)
    while let event = try file.events(selection, after: last, limit: 1).first, event.sequence <= end {
      last = event.sequence
      if wanted.accepts(event) { return Item(sequence: event.sequence, event: event) }
    }
    return nil
  }
}
