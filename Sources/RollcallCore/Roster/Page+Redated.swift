/// A row that says what the same participant's row in the page before said, but for a later `date_updated`.
struct RedatedRow: Sendable {
  let new: Int
  let old: Int
  /// Seconds since 1970.
  let dateUpdated: Int64
}

extension Page {
  /// The row of a change, if `date_updated` is all of it and is not earlier than before.
  ///
  /// - Returns: nil also wherever that cannot be told.
  func redated(_ change: PageDelta.Change, since old: Page) -> RedatedRow? {
    guard change.isRedated, let before = change.old, let date = seconds(.dateUpdated, of: change.new),
      let held = old.seconds(.dateUpdated, of: before), date >= held
    else { return nil }
    return RedatedRow(new: change.new, old: before, dateUpdated: date)
  }

  /// Whether a record holds all bytes of a row as they came.
  func isVerbatim(_ record: [UInt8], _ index: Int) -> Bool {
    let count = Int(rows[index].byteCount)
    guard record.count == count, count >= 16 else { return false }
    let (b, r) = unsafe (bytes.storage.span.bytes, record.span.bytes)
    let start = Int(starts[index])
    // A record has no padding: its last vector reaches back into what was compared already.
    return JSONScan.same(b, start, r, 0, count &- 16)
      && JSONScan.vector(b, start &+ count &- 16) == JSONScan.vector(r, count &- 16)
  }
}

extension Participant {
  /// Takes over what a redated row says: its date, which in the record stands where it stands in the row.
  mutating func redate(by row: RedatedRow, of page: Page, since old: Page) {
    dateUpdated = row.dateUpdated
    guard old.isVerbatim(record, row.old), let date = page.contents(.dateUpdated, of: row.new) else {
      record = page.record(row.new)
      return
    }
    let start = Int(page.rows[row.new].dateUpdated.start)
    record.replaceSubrange(start..<(start &+ date.count), with: date)
  }
}
