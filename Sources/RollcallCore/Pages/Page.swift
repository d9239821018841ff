/// A page of participants that has been read and found valid, with the bytes that it was read from.
package struct Page: Sendable {
  /// Whether a participant stands in the page twice. An escaped `call_sid` counts as well: comparing bytes cannot tell.
  package enum Repeats: Sendable {
    /// Nobody has looked yet; a comparison with a later page will.
    case unknown
    case none
    case some
  }

  /// The largest page that can be read: offsets take 31 bits.
  package static let maximumBytes = Int(Int32.max)

  package let bytes: PaddedBytes
  package let conference: ConferenceSID
  package internal(set) var rows: [PageRow] = []
  /// Where each row begins.
  package internal(set) var starts: [UInt32] = []
  /// The link to the next page, unescaped; nil where the list ends (null, empty or absent).
  package internal(set) var nextPageURI: String?
  package internal(set) var repeats: Repeats = .unknown
  /// The number of rows that a full page would have; nil where the provider does not say.
  var pageSize: Int?

  /// Whether the page is known to have fewer rows than it could, so that nothing should follow it.
  var isShort: Bool { pageSize.map { rows.count < $0 } ?? false }

  init(bytes: PaddedBytes, conference: ConferenceSID) {
    self.bytes = bytes
    self.conference = conference
  }

  /// The bytes of a row as they came.
  func object(_ index: Int) -> ArraySlice<UInt8> {
    let start = Int(starts[index])
    return bytes.storage[start..<(start + Int(rows[index].byteCount))]
  }

  /// The contents of a row's text; nil where it is null, absent or no text.
  func contents(_ field: ParticipantField, of index: Int) -> ArraySlice<UInt8>? {
    guard let slot = field.textSlot else { return nil }
    let piece = rows[index].texts[slot]
    guard !piece.isNull else { return nil }
    let start = Int(starts[index]) + Int(piece.start)
    return bytes.storage[start..<(start + Int(piece.length))]
  }

  /// Where the contents of a row's `call_sid` are.
  @inline(__always)
  func callSIDRange(_ index: Int) -> Range<Int> {
    let piece = rows[index].callSID
    let start = Int(starts[index]) &+ Int(piece.start)
    return start..<(start &+ Int(piece.length))
  }
}

/// How a page differs from the one before it, by the bytes of its rows.
package struct PageDelta: Sendable {
  /// A row whose bytes are not those that the same participant had.
  package struct Change: Sendable {
    package let new: Int
    /// nil for a newcomer.
    package let old: Int?
    /// Whether the contents of `date_updated` are known to be all that is different.
    var isRedated = false
  }

  /// In the page's order.
  package internal(set) var changed: [Change] = []
  /// Rows of the old page whose participant is not in the new one, ascending.
  package internal(set) var removed: [Int] = []
  /// Whether the pages could not be compared, because somebody stands in one of them twice or they are of two
  /// conferences. Then both lists are empty and every row has to be taken as changed.
  package internal(set) var repeated = false
}

/// One participant of a page, as offsets from the row's first byte: a row can be kept when its object moves.
package struct PageRow: Sendable, Equatable {
  /// Where a text's contents are. Null and absent texts have no length.
  struct Piece: Sendable, Equatable {
    var start: UInt32 = 0
    var length: UInt32 = .max

    @inline(__always) var isNull: Bool { length == .max }
  }

  /// Bytes from `{` to `}`.
  package internal(set) var byteCount: UInt32 = 0
  var texts: InlineArray<9, Piece> = .init(repeating: Piece())
  /// Fields that are there at all.
  var seen: UInt16 = 0
  /// Boolean fields that are true.
  var trues: UInt16 = 0
  /// Boolean fields that are null.
  var nulls: UInt16 = 0
  /// Text fields that hold escapes.
  var escaped: UInt16 = 0

  @inline(__always)
  func isTrue(_ field: ParticipantField) -> Bool { trues & field.bit != 0 }

  @inline(__always)
  func has(_ field: ParticipantField) -> Bool { seen & field.bit != 0 }

  @inline(__always)
  func isEscaped(_ field: ParticipantField) -> Bool { escaped & field.bit != 0 }

  /// Where the contents of `call_sid` are; every row has them.
  @inline(__always) var callSID: Piece { texts[1] }

  /// Where the contents of `date_updated` are.
  @inline(__always) var dateUpdated: Piece { texts[5] }

  package static func == (left: PageRow, right: PageRow) -> Bool {
    guard left.byteCount == right.byteCount, left.seen == right.seen, left.trues == right.trues,
      left.nulls == right.nulls, left.escaped == right.escaped
    else { return false }
    return left.texts.indices.allSatisfy { left.texts[$0] == right.texts[$0] }
  }
}

/// Why a reply is not a page of participants. Whatever it is, the whole scan has failed.
package enum PageError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The reply is no JSON, or nested too deeply; `offset` in bytes from its start.
  case notJSON(offset: Int)
  /// The reply is JSON but no page.
  case malformedPage(reason: String)
  /// A row cannot be believed: the row's index, and the offset in bytes from the start of the reply.
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

/// What stopped a reader, and where. The readers' own currency; callers get a ``JSONError`` or a ``PageError``.
struct ReadFault: Error, Equatable {
  enum Reason: Equatable {
    case json(JSONFlaw)
    case row(RowFlaw)
    case page(PageFlaw)
  }

  let reason: Reason
  /// Bytes from the start of the document.
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

/// Where the bytes are no JSON.
enum JSONFlaw: String {
  case value = "a value was expected"
  case key = "a key in quotes was expected"
  case colon = "a colon was expected"
  case separator = "a comma or the closing bracket was expected"
  case control = "a raw control character, or the end, inside a string"
  case escape = "an unknown escape in a string"
  case utf8 = "bytes that are not UTF-8"
  case number = "a digit was expected"
  case depth = "nested more than 64 levels deep"
  case trailing = "something follows the value"
}

/// Why a participant's row cannot be believed.
enum RowFlaw: String {
  case notObject = "the row is no object"
  case repeatedKey = "a documented key stands twice"
  case notBoolean = "a boolean field is neither true, false nor null"
  case callSID = "call_sid is absent or not valid"
  case otherConference = "the row names another conference"
}

/// Why a reply is no page of participants.
enum PageFlaw: String {
  case notObject = "the reply is no object"
  case noParticipants = "the reply has no participants array"
  case repeatedKey = "participants or next_page_uri stands twice"
  case nextPage = "next_page_uri is neither a text nor null"
  case size = "the reply is larger than a page may be"
}

/// Bytes followed by 64 zero bytes, so that a reader may load a whole vector anywhere and stops at the end by itself.
package struct PaddedBytes: Sendable {
  /// How many zero bytes follow the last one.
  package static let padding = 64

  /// The bytes and their padding.
  package let storage: [UInt8]

  /// How many bytes there are, without the padding.
  package var count: Int { storage.count - Self.padding }

  /// Takes the bytes over and appends the padding; give `bytes` room for it to spare a copy.
  package init(_ bytes: consuming [UInt8]) {
    bytes.append(contentsOf: repeatElement(0, count: Self.padding))
    storage = bytes
  }

  /// The bytes without their padding.
  package var bytes: ArraySlice<UInt8> { storage[..<count] }
}
