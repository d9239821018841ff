/// A valid page of participants, with the bytes it was read from.
package struct Page: Sendable {
  /// Whether a participant appears in the page twice. An escaped `call_sid` counts too, because bytes cannot be
  /// compared.
  package enum Repeats: Sendable {
    /// Not checked yet; the comparison with a later page does that.
    case unknown
    case no
    case yes
  }

  /// The maximum size of a page, because offsets take 31 bits.
  package static let maximumBytes = Int(Int32.max)

  package let bytes: PaddedBytes
  package let conference: ConferenceSID
  package internal(set) var rows: [PageRow] = []
  /// The offset of each row's first byte.
  package internal(set) var starts: [UInt32] = []
  /// The link to the next page, unescaped; nil at the end of the list (null, empty or absent).
  package internal(set) var nextPageURI: String?
  package internal(set) var repeats: Repeats = .unknown
  /// The number of rows in a full page; nil if the provider does not say.
  var pageSize: Int?

  /// What a later reply can refer to instead of repeating the page's bytes; nil if nothing is known.
  package var validators: PageValidators?

  /// Whether the page has fewer rows than it could, so that no page should follow it.
  var isShort: Bool { pageSize.map { rows.count < $0 } ?? false }

  init(bytes: PaddedBytes, conference: ConferenceSID) {
    self.bytes = bytes
    self.conference = conference
  }

  /// Returns the bytes of a row as received.
  func object(_ index: Int) -> ArraySlice<UInt8> {
    let start = Int(starts[index])
    return bytes.storage[start..<(start + Int(rows[index].byteCount))]
  }

  /// Returns the contents of a text field; nil if it is null, absent or not a string.
  func contents(_ field: ParticipantField, of index: Int) -> ArraySlice<UInt8>? {
    guard let slot = field.textSlot else { return nil }
    let piece = rows[index].texts[slot]
    guard !piece.isNull else { return nil }
    let start = Int(starts[index]) + Int(piece.start)
    return bytes.storage[start..<(start + Int(piece.length))]
  }

  /// Returns the range of the contents of a row's `call_sid`.
  @inline(__always)
  func callSIDRange(_ index: Int) -> Range<Int> {
    let piece = rows[index].callSID
    let start = Int(starts[index]) &+ Int(piece.start)
    return start..<(start &+ Int(piece.length))
  }
}

/// What identifies an unchanged page without its bytes, in replies to requests for exactly the same URL.
package struct PageValidators: Sendable {
  /// The query of the request for the page.
  package let query: String
  /// The provider's `ETag`, strong or weak; nil if there is none to use.
  package let etag: String?
  /// The page as it arrived, if it was gzip.
  package let gzip: PaddedBytes?

  package init(query: String, etag: String?, gzip: PaddedBytes?) {
    self.query = query
    self.etag = etag
    self.gzip = gzip
  }
}

/// How the rows of a page differ from those of the previous page, by their bytes.
package struct PageDelta: Sendable {
  /// A row whose bytes differ from the participant's previous row.
  package struct Change: Sendable {
    package let new: Int
    /// The previous row; nil for a newcomer.
    package let old: Int?
    /// Whether only the contents of `date_updated` are known to differ.
    var isRedated = false
  }

  /// New and changed rows, in the page's order.
  package internal(set) var changed: [Change] = []
  /// The rows of the previous page whose participants are not in this one, ascending.
  package internal(set) var removed: [Int] = []
  /// Whether the pages could not be compared, because a participant is repeated in one of them or they belong to
  /// different conferences. Both lists are then empty, and every row counts as changed.
  package internal(set) var repeated = false
}

/// The fields of a row as offsets from its first byte, so that they stay valid when the row moves.
package struct PageRow: Sendable, Equatable {
  /// The position of a text's contents. Null and absent texts have no length.
  struct Piece: Sendable, Equatable {
    var start: UInt32 = 0
    var length: UInt32 = .max

    @inline(__always) var isNull: Bool { length == .max }
  }

  /// The number of bytes from `{` to `}`.
  package internal(set) var byteCount: UInt32 = 0
  var texts: InlineArray<9, Piece> = .init(repeating: Piece())
  /// The fields that are present.
  var seen: UInt16 = 0
  /// The boolean fields that are true.
  var trues: UInt16 = 0
  /// The boolean fields that are null.
  var nulls: UInt16 = 0
  /// The text fields that contain escapes.
  var escaped: UInt16 = 0

  @inline(__always)
  func isTrue(_ field: ParticipantField) -> Bool { trues & field.bit != 0 }

  @inline(__always)
  func has(_ field: ParticipantField) -> Bool { seen & field.bit != 0 }

  @inline(__always)
  func isEscaped(_ field: ParticipantField) -> Bool { escaped & field.bit != 0 }

  /// The position of the contents of `call_sid`, which every row has.
  @inline(__always) var callSID: Piece { texts[1] }

  /// The position of the contents of `date_updated`.
  @inline(__always) var dateUpdated: Piece { texts[5] }

  package static func == (left: PageRow, right: PageRow) -> Bool {
    guard left.byteCount == right.byteCount, left.seen == right.seen, left.trues == right.trues,
      left.nulls == right.nulls, left.escaped == right.escaped
    else { return false }
    return left.texts.indices.allSatisfy { left.texts[$0] == right.texts[$0] }
  }
}

/// Why a reply is not a page of participants. Any of these fails the whole scan.
package enum PageError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The reply is not JSON or is nested too deeply; `offset` is in bytes from its start.
  case notJSON(offset: Int)
  /// The reply is JSON but not a page.
  case malformedPage(reason: String)
  /// A row is malformed: its index, and the offset of the fault in bytes from the start of the reply.
  case malformedRow(reason: String, index: Int, offset: Int)

  init(_ fault: ReadFault, rowsBefore: Int) {
    self =
      switch fault.reason {
      case .json: .notJSON(offset: fault.offset)
      case .page: .malformedPage(reason: fault.reason.text)
      case .row: .malformedRow(reason: fault.reason.text, index: rowsBefore, offset: fault.offset)
      }
  }

  package var description: String {
    switch self {
    case .notJSON(let offset): "the reply is not JSON at byte \(offset)"
    case .malformedPage(let reason): reason
    case .malformedRow(let reason, let index, let offset): "row \(index), byte \(offset): \(reason)"
    }
  }
}

/// A fault found by a reader. Callers get it as a ``JSONError`` or a ``PageError``.
struct ReadFault: Error, Equatable {
  enum Reason: Equatable {
    case json(JSONFlaw)
    case row(RowFlaw)
    case page(PageFlaw)
  }

  let reason: Reason
  /// The offset in bytes from the start of the document.
  let offset: Int

  init(_ flaw: JSONFlaw, at offset: Int) {
    reason = .json(flaw)
    self.offset = offset
  }

  init(_ flaw: RowFlaw, at offset: Int) {
    reason = .row(flaw)
    self.offset = offset
  }

  init(_ flaw: PageFlaw, at offset: Int) {
    reason = .page(flaw)
    self.offset = offset
  }
}

/// Why bytes are not JSON.
enum JSONFlaw: String {
  case value = "expected a value"
  case key = "expected a key in quotes"
  case colon = "expected a colon"
  case separator = "expected a comma or a closing bracket"
  case control = "a control character or the end of the text inside a string"
  case escape = "an unknown escape in a string"
  case utf8 = "invalid UTF-8"
  case number = "expected a digit"
  case depth = "nested more than 64 levels deep"
  case trailing = "unexpected text after the value"
}

/// Why a participant's row is malformed.
enum RowFlaw: String {
  case notObject = "the row is not an object"
  case repeatedKey = "a documented key appears twice"
  case notBoolean = "a boolean field is neither true, false nor null"
  case callSID = "call_sid is missing or invalid"
  case otherConference = "the row belongs to another conference"
}

/// Why a reply is not a page of participants.
enum PageFlaw: String {
  case notObject = "the reply is not an object"
  case noParticipants = "the reply has no participants array"
  case repeatedKey = "participants or next_page_uri appears twice"
  case nextPage = "next_page_uri is neither a string nor null"
  case size = "the reply exceeds the maximum size of a page"
}

/// Bytes followed by 64 zero bytes, so that a reader can load a whole vector at any position and stops at the end by
/// itself.
package struct PaddedBytes: Sendable {
  /// The number of zero bytes after the last byte.
  package static let padding = 64

  /// The bytes and their padding.
  package let storage: [UInt8]

  /// The number of bytes without the padding.
  package var count: Int { storage.count - Self.padding }

  /// Takes over the bytes and appends the padding; reserve capacity for it in `bytes` to avoid a copy.
  package init(_ bytes: consuming [UInt8]) {
    bytes.append(contentsOf: repeatElement(0, count: Self.padding))
    storage = bytes
  }

  /// The bytes without the padding.
  package var bytes: ArraySlice<UInt8> { storage[..<count] }
}
