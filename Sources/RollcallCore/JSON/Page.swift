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
