import RollcallCore
import RollcallTestKit
import Testing

struct `Reading a page since an earlier one` {
  let conference: ConferenceSID

  init() throws {
    conference = try #require(ConferenceSID(PageMaker.conference))
  }

  @Test(arguments: Seeds.first(40))
  func `gives the same rows as a full read, and how they differ from the earlier ones`(seed: UInt64) throws {
    var maker = PageMaker(seed: seed)
    var reader = PageReader()
    var rows = (0..<Int.random(in: 0..<30, using: &maker.random)).map { _ in maker.row() }
    let repeating = seed % 4 == 0
    var previous = try reader.read(PaddedBytes(maker.page(rows, style: 0)), conference: conference)
    var style = 0
    for _ in 0..<60 {
      let before = rows
      // Sometimes everyone leaves, including a repeated participant.
      if repeating, maker.random.happens(onceIn: 6) { rows = [] }
      rows = maker.edited(rows, repeating: repeating)
      if maker.random.happens(onceIn: 8) { style += 1 }
      let bytes = PaddedBytes(maker.page(rows, style: style))
      let (page, delta) = try reader.read(bytes, conference: conference, since: previous)
      let full = try reader.read(bytes, conference: conference)
      #expect(page.rows == full.rows)
      #expect(page.starts == full.starts)
      #expect(page.nextPageURI == full.nextPageURI)
      #expect(page.rows.indices.map { page.participant($0).callSID.text } == rows.map(\.sid))
      expect(delta, from: before, to: rows)
      previous = maker.random.happens(onceIn: 5) ? full : page
    }
  }

  private func expect(_ delta: PageDelta, from before: [RawRow], to rows: [RawRow]) {
    let repeated = [before, rows].contains { Set($0.map(\.sid)).count != $0.count }
    #expect(delta.repeated == repeated)
    guard !repeated else {
      #expect(delta.changed.isEmpty && delta.removed.isEmpty)
      return
    }
    let old = Dictionary(uniqueKeysWithValues: before.enumerated().map { ($1.sid, $0) })
    let changed = rows.indices.filter { k in old[rows[k].sid].map { before[$0].text != rows[k].text } ?? true }
    #expect(delta.changed.map(\.new) == changed)
    #expect(delta.changed.map(\.old) == changed.map { old[rows[$0].sid] })
    let sids = Set(rows.map(\.sid))
    #expect(delta.removed == before.indices.filter { !sids.contains(before[$0].sid) })
  }

  @Test(arguments: Seeds.first(20))
  func `rejects damaged bytes exactly when a full read does`(seed: UInt64) throws {
    var maker = PageMaker(seed: seed)
    let rows = (0..<6).map { _ in maker.row() }
    let good = maker.page(rows, style: Int(seed))
    var reader = PageReader()
    let base = try reader.read(PaddedBytes(good), conference: conference)
    let alphabet = Array("\"\\{}[]:,0-.eE tfnu\u{7f}a\0\n".utf8) + [0x80, 0xc2, 0xed, 0xff]
    var refused = 0
    for _ in 0..<400 {
      var bytes = good
      let place = Int.random(in: 0..<bytes.count, using: &maker.random)
      switch Int.random(in: 0..<3, using: &maker.random) {
      case 0: bytes[place] = alphabet.randomElement(using: &maker.random) ?? 0
      case 1: bytes.remove(at: place)
      default: bytes.insert(alphabet.randomElement(using: &maker.random) ?? 0, at: place)
      }
      let full = outcome { () throws(PageError) in try reader.read(PaddedBytes(bytes), conference: conference) }
      let since = outcome { () throws(PageError) in
        try reader.read(PaddedBytes(bytes), conference: conference, since: base).0
      }
      #expect(full == since, "\(String(decoding: bytes, as: UTF8.self))")
      let isJSON = (try? JSONReader.read(bytes)) != nil
      if case .failure(.notJSON) = full { #expect(!isJSON) }
      if case .success = full { #expect(isJSON) } else { refused += 1 }
    }
    #expect(refused > 100)
  }

  @Test(arguments: [
    "Mon, 23 Nov 2026 09:43:01 +0000", "Mon, 23 Nov 2026 09:43:0\\n+0000", "Mon, 23 Nov 2026 09:43:0\\q+0000",
    "Mon, 23 Nov 2026\",\"hold\":\"+0000", "Mon, 23 Nov 2026 09:43:0\t +0000", "Mon, 23 Nov 2026 09:43:é +0000",
    "Mon, 23 Nov 2026 09:43:00 +0001",
  ])
  func `treats a changed date as a full read does`(date: String) throws {
    func page(_ date: String) -> PaddedBytes {
      let row = #"{"call_sid":"CA1","date_updated":"\#(date)","muted":true}"#
      return PaddedBytes(Array(#"{"participants":[\#(row),{"call_sid":"CA2"}]}"#.utf8))
    }
    #expect(date.utf8.count == 31)
    var reader = PageReader()
    let base = try reader.read(page("Mon, 23 Nov 2026 09:43:00 +0000"), conference: conference)
    let full = outcome { () throws(PageError) in try reader.read(page(date), conference: conference) }
    let since = outcome { () throws(PageError) in
      try reader.read(page(date), conference: conference, since: base).0
    }
    #expect(full == since)
  }

  private func outcome(_ read: () throws(PageError) -> Page) -> Result<[PageRow], PageError> {
    do throws(PageError) { return .success(try read().rows) } catch { return .failure(error) }
  }

  @Test func `a page of another conference is not compared`() throws {
    var reader = PageReader()
    let other = try #require(ConferenceSID("CF2"))
    let bytes = PaddedBytes(Array(#"{"participants":[{"call_sid":"CA1"}]}"#.utf8))
    let page = try reader.read(bytes, conference: other)
    #expect(try reader.read(bytes, conference: conference, since: page).1.repeated)
    #expect(try !reader.read(bytes, conference: other, since: page).1.repeated)
  }

  @Test func `an escaped call_sid counts as a repeated participant`() throws {
    var reader = PageReader()
    let plain = PaddedBytes(Array(#"{"participants":[{"call_sid":"CA1"}]}"#.utf8))
    let escaped = PaddedBytes(Array(#"{"participants":[{"call_sid":"CA1"},{"call_sid":"\u0043A1"}]}"#.utf8))
    let page = try reader.read(plain, conference: conference)
    #expect(try reader.read(escaped, conference: conference, since: page).1.repeated)
    let next = try reader.read(escaped, conference: conference)
    #expect(try reader.read(plain, conference: conference, since: next).1.repeated)
  }
}
