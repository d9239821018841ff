extension Page {
  /// Returns the call sid of a row.
  package func callSID(of index: Int) -> CallSID {
    guard let text = text(.callSID, of: index) else {
      preconditionFailure("a row is only kept if its call_sid is valid")
    }
    return CallSID(valid: text)
  }

  /// Returns the participant of a row.
  package func participant(_ index: Int) -> ParticipantRow {
    let row = rows[index]
    let state = ParticipantState(
      isMuted: row.isTrue(.muted), isOnHold: row.isTrue(.hold), isCoaching: row.isTrue(.coaching),
      callSIDToCoach: text(.callSIDToCoach, of: index), status: text(.status, of: index),
      startsConferenceOnEnter: row.isTrue(.startConferenceOnEnter),
      endsConferenceOnExit: row.isTrue(.endConferenceOnExit), label: text(.label, of: index))
    return ParticipantRow(
      callSID: callSID(of: index), state: state, dateCreated: seconds(.dateCreated, of: index),
      dateUpdated: seconds(.dateUpdated, of: index), record: record(index))
  }

  func text(_ field: ParticipantField, of index: Int) -> String? {
    contents(field, of: index).map { JSONText.string($0, escaped: rows[index].isEscaped(field)) }
  }

  func seconds(_ field: ParticipantField, of index: Int) -> Int64? {
    guard let contents = contents(field, of: index) else { return nil }
    return RFC2822Date.seconds(rows[index].isEscaped(field) ? ArraySlice(JSONText.unescaped(contents)) : contents)
  }

  func record(_ index: Int) -> [UInt8] {
    let object = object(index)
    var record: [UInt8] = []
    record.reserveCapacity(object.count)
    JSONText.appendCompacted(object, to: &record)
    return record.count > ParticipantRow.maximumRecord ? truncatedRecord(index) : record
  }

  private func truncatedRecord(_ index: Int) -> [UInt8] {
    var record: [UInt8] = [0x7b]
    for field in ParticipantField.allCases where rows[index].has(field) {
      // Both names stand for one field, whose first name is written.
      if field == .coachingCallSID, rows[index].has(.callSIDToCoach) { continue }
      JSONText.append(field.name, to: &record)
      record.append(0x3a)
      appendTruncated(field == .coachingCallSID ? .callSIDToCoach : field, of: index, to: &record)
      record.append(0x2c)
    }
    record.append(contentsOf: #""truncated":true}"#.utf8)
    return record
  }

  private func appendTruncated(_ field: ParticipantField, of index: Int, to record: inout [UInt8]) {
    if let text = text(field, of: index) {
      // Cut after escaping our way: cutting the sender's escapes could leave less text than is tracked.
      var written: [UInt8] = []
      JSONText.appendContents(of: text, to: &written)
      record.append(0x22)
      record.append(contentsOf: JSONText.cut(ArraySlice(written), to: ParticipantRow.maximumRecordText))
      record.append(0x22)
    } else if field.textSlot != nil || rows[index].nulls & field.bit != 0 {
      record.append(contentsOf: "null".utf8)
    } else {
      JSONText.append(rows[index].isTrue(field), to: &record)
    }
  }
}

/// A row that differs from the participant's previous row only by a later `date_updated`.
struct RedatedRow: Sendable {
  let new: Int
  let old: Int
  /// Seconds since 1970.
  let dateUpdated: Int64
}

extension Page {
  /// Returns the row of a change if it differs only by a `date_updated` that is not earlier than before.
  ///
  /// - Returns: nil for any other change, and if the difference is unknown.
  func redated(_ change: PageDelta.Change, since old: Page) -> RedatedRow? {
    guard change.isRedated, let before = change.old, let date = seconds(.dateUpdated, of: change.new),
      let known = old.seconds(.dateUpdated, of: before), date >= known
    else { return nil }
    return RedatedRow(new: change.new, old: before, dateUpdated: date)
  }

  /// Whether a record consists of exactly the bytes of a row.
  func isVerbatim(_ record: [UInt8], _ index: Int) -> Bool {
    let count = Int(rows[index].byteCount)
    guard record.count == count, count >= 16 else { return false }
    let (b, r) = unsafe (bytes.storage.span.bytes, record.span.bytes)
    let start = Int(starts[index])
    // A record has no padding, so the last vector overlaps bytes that were already compared.
    return JSONScan.same(b, start, r, 0, count &- 16)
      && JSONScan.vector(b, start &+ count &- 16) == JSONScan.vector(r, count &- 16)
  }
}

extension Participant {
  /// Takes over the date of a redated row, which has the same position in the record as in the row.
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
