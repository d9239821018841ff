/// A row that says what the same participant's row in the page before said, but for a later `date_updated`.
struct RedatedRow: Sendable {
  let new: Int
  let old: Int
  /// Seconds since 1970.
  let dateUpdated: Int64
}

extension Page {
  /// Tells by their bytes whether two rows differ in `date_updated` alone, which is not earlier than before.
  ///
  /// - Returns: nil also wherever that cannot be told.
  func redated(_ new: Int, since old: Page, _ oldIndex: Int) -> RedatedRow? {
    let (row, before) = (rows[new], old.rows[oldIndex])
    let piece = row.dateUpdated
    guard row.byteCount == before.byteCount, piece == before.dateUpdated, !piece.isNull,
      !row.isEscaped(.dateUpdated), !before.isEscaped(.dateUpdated)
    else { return nil }
    let (b, o) = unsafe (bytes.storage.span.bytes, old.bytes.storage.span.bytes)
    let (start, oldStart) = (Int(starts[new]), Int(old.starts[oldIndex]))
    let (from, to) = (Int(piece.start), Int(piece.start) &+ Int(piece.length))
    // The same bytes before and behind, and a string without escapes between: the rows read the same but for it.
    guard JSONScan.same(b, start, o, oldStart, from),
      JSONScan.same(b, start &+ to, o, oldStart &+ to, Int(row.byteCount) &- to),
      let date = seconds(.dateUpdated, of: new), let held = old.seconds(.dateUpdated, of: oldIndex), date >= held
    else { return nil }
    return RedatedRow(new: new, old: oldIndex, dateUpdated: date)
  }

  /// Whether a record holds all bytes of a row as they came.
  fileprivate func isVerbatim(_ record: [UInt8], _ index: Int) -> Bool {
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
