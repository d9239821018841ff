import FuzzOracles

@testable import RollcallCore

/// The page reader, compared with a plain one, and its incremental reads, compared with full reads.
enum PageFuzz {
  private static let conference: ConferenceSID = {
    guard let sid = ConferenceSID(RowMaker.conference) else { fatalError("invalid sid \(RowMaker.conference)") }
    return sid
  }()

  static func check(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    // The input is either raw bytes or a series of choices from which pages are made.
    if input.flag() {
      let parts = input.remainder().split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false)
      checkSequence(parts.map(Array.init))
      return
    }
    var maker = PageMaker(&input)
    var pages = [maker.bytes]
    for _ in 0..<3 {
      for _ in 0..<(1 + input.number(below: 4)) { maker.change(&input) }
      pages.append(maker.bytes)
    }
    checkSequence(pages)
  }

  /// Checks successive pages: each is read in full, and compared with the last valid one.
  private static func checkSequence(_ pages: [[UInt8]]) {
    var reader = PageReader()
    var last: Page?
    for bytes in pages {
      let padded = PaddedBytes(bytes)
      var fresh = PageReader()
      let full = Result { () throws(PageError) in try fresh.read(padded, conference: conference) }
      checkFull(full, PlainPage(bytes, conference: conference.text))
      guard let old = last else {
        last = try? full.get()
        continue
      }
      let later = Result { () throws(PageError) in try reader.read(padded, conference: conference, since: old) }
      switch (full, later) {
      case (.failure(let one), .failure(let other)):
        require(one == other, "a full read fails with \(one), an incremental read with \(other)")
      case (.success(let page), .success(let (changed, delta))):
        require(
          changed.rows == page.rows && changed.starts == page.starts,
          "an incremental read gives other rows than a full read")
        require(changed.nextPageURI == page.nextPageURI, "an incremental read gives another link than a full read")
        check(delta, old, changed)
        last = changed
      case (.success, .failure(let error)): fatalError("only the incremental read fails: \(error)")
      case (.failure(let error), .success): fatalError("only the full read fails: \(error)")
      }
    }
  }

  private static func checkFull(_ full: Result<Page, PageError>, _ plain: PlainPage?) {
    switch full {
    case .failure(let error): require(plain == nil, "a valid page was rejected: \(error)")
    case .success(let page):
      guard let plain else { fatalError("an invalid page was accepted") }
      require(page.rows.count == plain.rows.count, "expected \(plain.rows.count) rows, got \(page.rows.count)")
      require(
        page.nextPageURI == plain.next,
        "expected the link \(String(describing: plain.next)), got \(String(describing: page.nextPageURI))")
      for (index, row) in plain.rows.enumerated() { check(page.participant(index), row) }
    }
  }

  private static func check(_ participant: ParticipantRow, _ row: PlainPage.Row) {
    require(participant.callSID.text == row.call, "expected the call \(row.call), got \(participant.callSID)")
    require(participant.state == PlainPage.state(row.json), "wrong state of \(row.call): \(participant.state)")
    require(participant.dateCreated == PlainPage.seconds(row.json["date_created"]), "wrong date_created of \(row.call)")
    require(participant.dateUpdated == PlainPage.seconds(row.json["date_updated"]), "wrong date_updated of \(row.call)")
    let record = participant.record
    require(
      record.count <= EventWriter.maximumLine,
      "expected a record of at most \(EventWriter.maximumLine) bytes, got \(record.count)")
    require(Safety.isQuiet(record), "the record of \(row.call) is not safe to print")
    guard let json = PlainJSON.value(of: record) else { fatalError("the record of \(row.call) is not JSON") }
    if record.count <= ParticipantRow.maximumRecord, json["truncated"] == nil {
      require(json == row.json, "the record of \(row.call) differs from its row")
    }
    // A restart reads a room's participants from their records.
    let again = ParticipantRow(record: record, in: conference)
    require(
      again?.callSID == participant.callSID && again?.state == participant.state,
      "the record of \(row.call) gives another participant or state")
    let isWhole = (row.json["date_created"]?.asText?.utf8.count ?? 0) <= ParticipantRow.maximumRecordText
    require(
      again?.dateCreated == participant.dateCreated || !isWhole, "the record of \(row.call) gives another date_created")
    require(again?.record == record, "the record of \(row.call) gives another record")
  }

  private static func check(_ delta: PageDelta, _ old: Page, _ new: Page) {
    let before = old.rows.indices.map { old.callSID(of: $0) }
    let after = new.rows.indices.map { new.callSID(of: $0) }
    let isEscaped = (old.rows + new.rows).contains { $0.isEscaped(.callSID) }
    let isRepeated = Set(before).count < before.count || Set(after).count < after.count || isEscaped
    require(delta.repeated == isRepeated, "expected repeated to be \(isRepeated), got \(delta.repeated)")
    guard !isRepeated else {
      require(delta.changed.isEmpty && delta.removed.isEmpty, "changes are given although a call is repeated")
      return
    }
    require(
      delta.removed == before.indices.filter { !after.contains(before[$0]) },
      "wrong participants are removed: \(delta.removed)")
    var expected: [Int: Int?] = [:]
    for (index, call) in after.enumerated() {
      let was = before.firstIndex(of: call)
      if was.map({ old.object($0) == new.object(index) }) != true { expected[index] = .some(was) }
    }
    require(
      delta.changed.map(\.new) == expected.keys.sorted(), "wrong participants have changed: \(delta.changed.map(\.new))"
    )
    for change in delta.changed {
      require(expected[change.new] == .some(change.old), "row \(change.new) is compared with the wrong earlier row")
      if change.isRedated, let was = change.old { checkRedated(new, change.new, old, was) }
    }
  }

  private static func checkRedated(_ new: Page, _ index: Int, _ old: Page, _ was: Int) {
    let (row, other) = (new.participant(index), old.participant(was))
    require(
      row.state == other.state && row.dateCreated == other.dateCreated,
      "a row that counts as redated has another state or date_created")
    guard let date = old.contents(.dateUpdated, of: was), let later = new.contents(.dateUpdated, of: index) else {
      fatalError("a row that counts as redated has no date")
    }
    let start = old.object(was).startIndex
    var object = Array(old.object(was))
    object.replaceSubrange((date.startIndex - start)..<(date.endIndex - start), with: later)
    require(object == Array(new.object(index)), "a row that counts as redated differs in more than its date")
  }
}
