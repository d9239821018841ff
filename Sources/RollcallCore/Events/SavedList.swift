/// A participant list that was saved to a file: one reply, all pages of one after another, or one participant's record
/// per line, as `rollcall list` writes them.
package struct SavedList: Sendable {
  package enum Flaw: Error, Equatable, Sendable {
    /// The file is invalid at this byte.
    case damaged(reason: String, offset: Int)
    /// The file has rows of two conferences.
    case mixed(ConferenceSID, ConferenceSID)
    /// Nothing in the file names its conference.
    case nameless
  }

  package let conference: ConferenceSID?
  /// All rows, in the order of the file; a call may have several.
  let rows: [ParticipantRow]
  /// The statuses of all rows.
  let statuses: StatusTally
  /// Whether the list continues with a page that is not in the file.
  package let lacksPage: Bool

  /// Reads every page of a file.
  package init(_ bytes: [UInt8]) throws(Flaw) {
    let documents = Self.documents(in: bytes)
    guard !documents.isEmpty else { throw .damaged(reason: "there is no JSON in it", offset: 0) }
    var conference: ConferenceSID?
    var rows: [ParticipantRow] = []
    var statuses = StatusTally()
    var (links, pages) = (0, 0)
    var reader = PageReader()
    for range in documents {
      let document = try Self.document(Array(bytes[range]), at: range.lowerBound)
      if let named = document.conference, let conference, named != conference { throw .mixed(conference, named) }
      conference = conference ?? document.conference
      guard let anybody = conference ?? ConferenceSID("-") else { throw .nameless }
      do throws(PageError) {
        let page = try reader.read(PaddedBytes(document.page), conference: anybody)
        statuses.add(page)
        if !document.isRecord { pages += 1 }
        if page.nextPageURI != nil { links += 1 }
        rows += page.rows.indices.map { page.participant($0) }
      } catch {
        throw Self.flaw(error, at: range.lowerBound - (document.isRecord ? Self.recordFrame.count : 0))
      }
    }
    self.conference = conference
    self.rows = rows
    self.statuses = statuses
    // Whatever the order of its pages, a complete list has one without a next link.
    lacksPage = pages > 0 && links == pages
  }

  /// Returns the row of every participant in the list.
  func mergedRows(whereStatusesAreLive isLive: Bool) -> [CallSID: ParticipantRow] {
    rows.reduce(into: [:]) { merged, row in
      merged[row.callSID] =
        merged[row.callSID].map { Scan.better($0, row, whereStatusesAreLive: isLive) } ?? row
    }
  }

  /// The latest date in the list; nil if there is none.
  var latestDate: Timestamp? {
    let dates = rows.flatMap { [$0.dateCreated, $0.dateUpdated].compactMap(\.self) }
    return dates.max().map { Timestamp(milliseconds: $0 * 1000) }
  }

  /// - Parameter start: the offset of the page in the file.
  private static func flaw(_ error: PageError, at start: Int) -> Flaw {
    switch error {
    case .notJSON(let offset): .damaged(reason: "it is not JSON", offset: start + offset)
    case .malformedPage(let reason): .damaged(reason: reason, offset: start)
    case .malformedRow(let reason, _, let offset): .damaged(reason: reason, offset: start + offset)
    }
  }

  /// One top-level value of a file.
  private struct Document {
    /// The conference named by the first row, or else by the list's own `uri`.
    var conference: ConferenceSID?
    /// The bytes of a page.
    var page: [UInt8]
    /// Whether it is a participant's record, and ``page`` was made from it.
    var isRecord = false
  }

  /// The beginning of the page made from a record.
  private static let recordFrame = Array(#"{"participants":["#.utf8)

  private static func document(_ document: [UInt8], at start: Int) throws(Flaw) -> Document {
    let json: JSONValue
    do throws(JSONError) {
      json = try JSONReader.read(document)
    } catch {
      throw .damaged(reason: error.reason, offset: start + error.offset)
    }
    if json["participants"] == nil, json["call_sid"] != nil, isAsListed(document) {
      let named = json["conference_sid"]?.asText.flatMap(ConferenceSID.init)
      return Document(
        conference: named ?? conference(inPath: json), page: recordFrame + document + Array("]}".utf8), isRecord: true)
    }
    for row in json["participants"]?.asArray ?? [] {
      guard let sid = row["conference_sid"]?.asText.flatMap(ConferenceSID.init) else { continue }
      return Document(conference: sid, page: document)
    }
    return Document(conference: conference(inPath: json), page: document)
  }

  /// Returns whether a record is written as `rollcall list` writes it. Otherwise it is a participant's own resource as
  /// the provider sends it, which says nothing about others.
  private static func isAsListed(_ record: [UInt8]) -> Bool {
    var written: [UInt8] = []
    JSONText.appendCompacted(record[...], to: &written)
    return written == record
  }

  private static func conference(inPath json: JSONValue) -> ConferenceSID? {
    let segments = (json["uri"]?.asText ?? "").split(separator: "/")
    guard let index = segments.firstIndex(of: "Conferences"), index + 1 < segments.count else { return nil }
    return ConferenceSID(String(segments[index + 1]))
  }

  /// Returns the ranges of the top-level values of a file. Anything but an object extends to the next value, and fails
  /// when it is read.
  private static func documents(in bytes: [UInt8]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var depth = 0
    var start: Int?
    var isInString = false
    var isEscaped = false
    for (offset, byte) in bytes.enumerated() {
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
        continue
      }
      guard byte > 0x20 else { continue }
      start = start ?? offset
      switch byte {
      case UInt8(ascii: "\""): isInString = true
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth <= 0, let first = start {
          ranges.append(first..<offset + 1)
          start = nil
          depth = 0
        }
      default: break
      }
    }
    if let start { ranges.append(start..<bytes.count) }
    return ranges
  }
}

/// Finds the events that lead from one saved list to another. Both lists are believed, because nothing can be
/// confirmed.
package enum SavedListDifference {
  /// Returns the events, in the order of one poll, with ids that depend only on the two files.
  ///
  /// - Parameters:
  ///   - beforeBytes: the first file as it is.
  ///   - afterBytes: the second file as it is.
  /// - Throws: ``SavedList/Flaw`` if the lists belong to different conferences, or name none.
  package static func events(
    from before: SavedList, _ beforeBytes: [UInt8], to after: SavedList, _ afterBytes: [UInt8]
  ) throws(SavedList.Flaw) -> [StoredEvent] {
    if let first = before.conference, let second = after.conference, first != second { throw .mixed(first, second) }
    guard let conference = before.conference ?? after.conference else {
      guard before.rows.isEmpty, after.rows.isEmpty else { throw .nameless }
      return []
    }
    let digest = SHA256.hash(beforeBytes + [UInt8(ascii: "\n")] + afterBytes)
    var stream = EventStream(epoch: digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    return events(from: before, to: after, in: conference).map { stream.freeze($0) }
  }

  /// Returns whether every status in both lists is `completed`, so that statuses say nothing.
  package static func isSilent(_ before: SavedList, _ after: SavedList) -> Bool {
    (before.statuses + after.statuses).isAllCompleted
  }

  private static func events(from before: SavedList, to after: SavedList, in conference: ConferenceSID) -> [Event] {
    let earlier = before.latestDate
    let latest = [earlier, after.latestDate].compactMap(\.self).max() ?? Timestamp(milliseconds: 0)
    let bound = earlier ?? Timestamp(milliseconds: 0)
    var events = ParticipantEvents(conference: conference, at: latest)
    let isLive = before.statuses.isLive || after.statuses.isLive
    let isInRoom = { (row: ParticipantRow) in row.presence.isInRoom(whereStatusesAreLive: isLive) }
    let rows = after.mergedRows(whereStatusesAreLive: isLive)
    var people = before.mergedRows(whereStatusesAreLive: isLive).filter { isInRoom($0.value) }
      .mapValues { Participant($0) }
    var arrivals = rows.values.filter { isInRoom($0) && people[$0.callSID] == nil }
    for call in people.keys.sorted() {
      guard let person = people[call] else { continue }
      let row = rows[call]
      guard let evidence = evidence(of: person, row, row.map(isInRoom) ?? false) else { continue }
      events.left(
        person, evidence, record: evidence == .rowFinished ? row?.record : nil, after: bound, in: &people)
      if evidence == .rejoined, let row { arrivals.append(row) }
    }
    let staying = people.keys.sorted()
    for row in arrivals.sorted(by: { ($0.dateCreated ?? .max, $0.callSID) < ($1.dateCreated ?? .max, $1.callSID) }) {
      events.joined(row, after: bound, in: &people)
    }
    for call in staying {
      if let row = rows[call] { events.changed(call, to: row, after: bound, in: &people) }
    }
    return events.all
  }

  /// Returns the evidence that a participant left; nil for one who stays.
  private static func evidence(
    of person: Participant, _ row: ParticipantRow?, _ isInRoom: Bool
  ) -> DepartureEvidence? {
    guard let row, row.presence != .notYet else { return .listOnly }
    guard isInRoom else { return .rowFinished }
    guard let created = row.dateCreated, let kept = person.dateCreated, created > kept else { return nil }
    return .rejoined
  }
}
