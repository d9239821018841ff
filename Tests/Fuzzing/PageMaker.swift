/// Makes a page, and then changes it as a room changes, or damages its bytes.
struct PageMaker {
  private var rows: [[UInt8]] = []
  private var separators: [[UInt8]] = []
  private var head = "{\"page\":0,\"participants\":["
  private var tail = "],\"next_page_uri\":null}"
  private static let maximumRows = 48

  init(_ input: inout FuzzInput) {
    for _ in 0..<input.number(below: 12) { insert(RowMaker.row(&input), at: rows.count) }
  }

  var bytes: [UInt8] {
    var bytes = Array(head.utf8)
    for (row, separator) in zip(rows, separators) { bytes += row + separator }
    if !rows.isEmpty { bytes.removeLast(separators.last?.count ?? 0) }
    return bytes + Array(tail.utf8)
  }

  private mutating func insert(_ row: [UInt8], at index: Int) {
    guard rows.count < Self.maximumRows else { return }
    rows.insert(row, at: index)
    separators.insert(Array(",".utf8), at: index)
  }

  /// Makes one change.
  mutating func change(_ input: inout FuzzInput) {
    let kind = input.byte()
    let index = input.number(below: rows.count)
    guard !rows.isEmpty, kind % 12 != 0 else { return insert(RowMaker.row(&input), at: min(index, rows.count)) }
    switch kind % 12 {
    case 1: remove(index)
    case 2: insert(rows[index], at: input.number(below: rows.count))
    case 3: rows.swapAt(index, input.number(below: rows.count))
    case 4: rows[index] = RowMaker.row(&input)
    case 5, 6: redate(index, input.byte())
    case 7: replaceByte(index, at: Int(input.byte()) << 8 | Int(input.byte()), with: input.byte())
    case 8: rows[index].insert(input.byte(), at: input.number(below: rows[index].count))
    case 9: separators[index] = Array([",", " ,", ",\n  ", ",,", "\t,\r\n"][input.number(below: 5)].utf8)
    case 10: tail = Self.tails[input.number(below: Self.tails.count)]
    default: head = Self.heads[input.number(below: Self.heads.count)]
    }
  }

  private mutating func remove(_ index: Int) {
    rows.remove(at: index)
    separators.remove(at: index)
  }

  private mutating func replaceByte(_ index: Int, at place: Int, with byte: UInt8) {
    guard !rows[index].isEmpty else { return }
    rows[index][place % rows[index].count] = byte
  }

  /// Changes only the minutes of `date_updated`.
  private mutating func redate(_ index: Int, _ minutes: UInt8) {
    let mark = Array("2026 18:".utf8)
    for start in rows[index].indices.reversed() where rows[index][start...].starts(with: mark) {
      let digits = Array(String(10 + Int(minutes) % 50).utf8)
      guard start + mark.count + 2 <= rows[index].count else { continue }
      rows[index].replaceSubrange((start + mark.count)..<(start + mark.count + 2), with: digits)
      return
    }
  }

  private static let tails = [
    "],\"next_page_uri\":null}", "]}", "],\"next_page_uri\":\"/a?PageToken=PA1\"}", "],\"next_page_uri\":\"\"}",
    "],\"next_page_uri\":7}", "],\"participants\":[]}", "], \"x\": [1, {\"y\": \"z\"}] } ", "]",
    "],\"next_page_uri\":null}x",
    "],\"next_page_\\u0075ri\":\"/b?\\u0050age=1\"}",
  ]
  private static let heads = [
    "{\"page\":0,\"participants\":[", "{\"participants\":[", " \n{ \"page\" : 12 , \"participants\" : [ ",
    "{\"next_page_uri\":\"/c?Page=2\",\"p\\u0061rticipants\":[", "[", "{\"participants\":{\"a\":[",
  ]
}
