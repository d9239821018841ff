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
