/// A participant list that was saved to a file: one reply, or all pages of one, one after the other.
package struct SavedList: Sendable {
  package enum Flaw: Error, Equatable, Sendable {
    /// What is wrong, and at which byte of the file.
    case damaged(reason: String, offset: Int)
    /// Rows of two conferences.
    case mixed(ConferenceSID, ConferenceSID)
    /// Nothing in the file names its conference.
    case nameless
  }

  package let conference: ConferenceSID?
  /// All of them, in the order of the file; somebody may have several.
  let rows: [ListedParticipant]
  /// The statuses of all rows.
  let statuses: StatusTally
  /// Whether the list goes on with a page that is not in the file.
  package let lacksPage: Bool

  /// Reads every page of a file.
  package init(_ bytes: [UInt8]) throws(Flaw) {
    let documents = Self.documents(in: bytes)
    guard !documents.isEmpty else { throw .damaged(reason: "there is no JSON in it", offset: 0) }
    var conference: ConferenceSID?
    var rows: [ListedParticipant] = []
    var statuses = StatusTally()
    var links = 0
    var reader = PageReader()
    for range in documents {
      let named = try Self.conference(of: Array(bytes[range]), at: range.lowerBound)
      if let named, let conference, named != conference { throw .mixed(conference, named) }
      conference = conference ?? named
      guard let anybody = conference ?? ConferenceSID("-") else { throw .nameless }
      do throws(PageError) {
        let page = try reader.read(PaddedBytes(Array(bytes[range])), conference: anybody)
        statuses.add(page)
        if page.nextPageURI != nil { links += 1 }
        rows += page.rows.indices.map { page.participant($0) }
      } catch {
        throw Self.flaw(error, in: range)
      }
    }
    self.conference = conference
    self.rows = rows
    self.statuses = statuses
    // In whatever order its pages are, one of a whole list has no next one.
    lacksPage = links == documents.count
  }

  /// Everybody in the list, each once.
  func mergedRows(whereStatusesAreLive isLive: Bool) -> [CallSID: ListedParticipant] {
    rows.reduce(into: [:]) { merged, row in
      merged[row.callSID] =
        merged[row.callSID].map { Scan.better($0, row, whereStatusesAreLive: isLive) } ?? row
    }
  }

  /// The moment of the latest date in the list; nil where there is none.
  var latestDate: Timestamp? {
    let dates = rows.flatMap { [$0.dateCreated, $0.dateUpdated].compactMap(\.self) }
    return dates.max().map { Timestamp(milliseconds: $0 * 1000) }
  }

  private static func flaw(_ error: PageError, in range: Range<Int>) -> Flaw {
    switch error {
    case .notJSON(let offset): .damaged(reason: "it is not JSON", offset: range.lowerBound + offset)
    case .malformedPage(let reason): .damaged(reason: reason, offset: range.lowerBound)
    case .malformedRow(let reason, _, let offset): .damaged(reason: reason, offset: range.lowerBound + offset)
    }
  }

  /// The conference that the first row, or else the list's own address, names.
  private static func conference(of document: [UInt8], at start: Int) throws(Flaw) -> ConferenceSID? {
    let json: JSONValue
    do throws(JSONError) {
      json = try JSONReader.read(document)
    } catch {
      throw .damaged(reason: error.reason, offset: start + error.offset)
    }
    for row in json["participants"]?.asArray ?? [] {
      if let sid = row["conference_sid"]?.asText.flatMap(ConferenceSID.init) { return sid }
    }
    let segments = (json["uri"]?.asText ?? "").split(separator: "/")
    guard let index = segments.firstIndex(of: "Conferences"), index + 1 < segments.count else { return nil }
    return ConferenceSID(String(segments[index + 1]))
  }

  /// Where the top-level values of a file stand. What is not an object reaches to the next one, and fails when it is read.
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
