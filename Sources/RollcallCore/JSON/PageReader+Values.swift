extension PageReader {
  /// Reads the value of a known field into the row that begins at `start`.
  @inline(__always)
  func value(
    _ b: RawSpan, _ i: inout Int, of field: ParticipantField, start: Int, into row: inout PageRow
  ) throws(ReadFault) {
    // `label` is not documented: where it stands twice, the last one counts.
    if row.seen & field.bit != 0, field != .label { throw ReadFault(RowFlaw.repeatedKey, at: i) }
    row.seen |= field.bit
    guard let slot = field.textSlot else {
      try boolean(b, &i, field, start: start, into: &row)
      return
    }
    row.texts[slot] = PageRow.Piece()
    row.escaped &= ~field.bit
    if JSONScan.byte(b, i) == 0x22 {
      i &+= 1
      let from = i
      if try JSONScan.string(b, &i) { row.escaped |= field.bit }
      row.texts[slot] = PageRow.Piece(
        start: UInt32(truncatingIfNeeded: from &- start), length: UInt32(truncatingIfNeeded: i &- 1 &- from))
    } else if !JSONScan.takeNull(b, &i) {
      try JSONScan.skip(b, &i, depth: Self.depthInRow)
    }
  }

  @inline(__always)
  private func boolean(
    _ b: RawSpan, _ i: inout Int, _ field: ParticipantField, start: Int, into row: inout PageRow
  ) throws(ReadFault) {
    if JSONScan.takeFalse(b, &i) { return }
    if JSONScan.takeTrue(b, &i) {
      row.trues |= field.bit
    } else if JSONScan.takeNull(b, &i) {
      row.nulls |= field.bit
    } else if field == .coachingCallSID {
      // Looked for here, where no other valid row comes, so that those without it pay nothing.
      try otherName(b, &i, start: start, into: &row)
    } else {
      let at = i
      try JSONScan.skip(b, &i, depth: Self.depthInRow)
      throw ReadFault(RowFlaw.notBoolean, at: at)
    }
  }

  /// Takes `coaching_call_sid` for `call_sid_to_coach`, which counts where a row has both.
  @inline(never)
  private func otherName(_ b: RawSpan, _ i: inout Int, start: Int, into row: inout PageRow) throws(ReadFault) {
    let from = i &+ 1
    guard JSONScan.byte(b, i) == 0x22, let slot = ParticipantField.callSIDToCoach.textSlot else {
      return try JSONScan.skip(b, &i, depth: Self.depthInRow)
    }
    i = from
    let escaped = try JSONScan.string(b, &i)
    guard !row.has(.callSIDToCoach) else { return }
    if escaped { row.escaped |= ParticipantField.callSIDToCoach.bit }
    row.texts[slot] = PageRow.Piece(
      start: UInt32(truncatingIfNeeded: from &- start), length: UInt32(truncatingIfNeeded: i &- 1 &- from))
  }

  /// Refuses a row without a valid `call_sid`, or of another conference.
  @inline(__always)
  func check(_ b: RawSpan, _ row: PageRow, start: Int, _ asked: ConferenceWords) throws(ReadFault) {
    let sid = row.callSID
    guard !sid.isNull else { throw ReadFault(RowFlaw.callSID, at: start) }
    let from = start &+ Int(sid.start)
    let contents = from..<(from &+ Int(sid.length))
    guard row.isEscaped(.callSID) ? isEscapedSID(b, contents) : JSONScan.isSID(b, contents) else {
      throw ReadFault(RowFlaw.callSID, at: from)
    }
    let conference = row.texts[3]
    guard !conference.isNull else { return }
    let place = start &+ Int(conference.start)
    guard asked.stand(b, place..<(place &+ Int(conference.length)), escaped: row.isEscaped(.conferenceSID)) else {
      throw ReadFault(RowFlaw.otherConference, at: place)
    }
  }

  @inline(never)
  private func isEscapedSID(_ b: RawSpan, _ contents: Range<Int>) -> Bool {
    SIDSyntax.accepts(JSONText.unescaped(ArraySlice(contents.map { JSONScan.byte(b, $0) })))
  }
}

/// The sid of the conference that was asked for, as words, to compare each row's with.
struct ConferenceWords {
  private let padded: PaddedBytes

  init(_ conference: ConferenceSID) {
    padded = PaddedBytes(Array(conference.text.utf8))
  }

  @inline(__always)
  func stand(_ b: RawSpan, _ contents: Range<Int>, escaped: Bool) -> Bool {
    if escaped { return standEscaped(b, contents) }
    guard contents.count == padded.count else { return false }
    let asked = unsafe padded.storage.span.bytes
    return JSONScan.same(b, contents.lowerBound, asked, 0, padded.count)
  }

  @inline(never)
  private func standEscaped(_ b: RawSpan, _ contents: Range<Int>) -> Bool {
    JSONText.unescaped(ArraySlice(contents.map { JSONScan.byte(b, $0) })).elementsEqual(padded.bytes)
  }
}
