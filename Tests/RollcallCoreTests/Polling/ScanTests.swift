import RollcallCore
import RollcallTestKit
import Testing

/// How a scan collects the pages of a list.
@Suite struct `A scan` {
  private struct Reader {
    var tracker: ConferenceTracker
    let now = Timestamp(milliseconds: 1_800_000_000_000)
    private let conference: ConferenceSID

    init?() {
      guard let conference = ConferenceSID("CF1") else { return nil }
      self.conference = conference
      tracker = ConferenceTracker(conference: conference, origin: .named, interval: .seconds(2), version: "0")
      _ = tracker.begin(at: now)
    }

    mutating func take(
      _ sids: some Sequence<String>, next: String?, pageSize: String? = nil, bytes size: Int = 0
    ) -> [ConferenceTracker.Action] {
      var reader = PageReader()
      let rows = sids.map { #"{"call_sid":"\#($0)"}"# }.joined(separator: ",")
      let members = pageSize.map { #""page_size":\#($0),"# } ?? ""
      let text = #"{\#(members)"participants":[\#(rows)]}"#
      let bytes = PaddedBytes(
        Array(text.utf8) + Array(repeating: UInt8(ascii: " "), count: max(0, size - text.utf8.count)))
      guard let page = try? reader.read(bytes, conference: conference) else { return [] }
      return tracker.received(PageReply(.page(page, nil), next: next), at: now)
    }

    mutating func fail(_ failure: ScanFailure) -> [ConferenceTracker.Action] { tracker.failed(failure, at: now) }
  }

  private static func failure(_ actions: [ConferenceTracker.Action]) -> ScanFailure? {
    if case .finish(.failed(let failure)) = actions.last { failure } else { nil }
  }

  private static func isComplete(_ actions: [ConferenceTracker.Action]) -> Bool {
    actions.last == .finish(.complete)
  }

  @Test(arguments: [(64, true), (65, false)])
  func `has at most 64 pages`(count: Int, isTaken: Bool) throws {
    var reader = try #require(Reader())
    var actions: [ConferenceTracker.Action] = []
    for page in 1...count where Self.failure(actions) == nil {
      actions = reader.take(["a\(page)"], next: page < count ? "PageToken=PA\(page)" : nil)
    }
    #expect(Self.isComplete(actions) == isTaken)
    #expect((Self.failure(actions) == .malformed(reason: "more than 64 pages")) == !isTaken)
  }

  @Test(arguments: [(20_000, true), (20_001, false)])
  func `has at most 20 000 rows`(count: Int, isTaken: Bool) throws {
    var reader = try #require(Reader())
    #expect(reader.take((1...15_000).map { "a\($0)" }, next: "PageToken=PA1").count == 1)
    let actions = reader.take((15_001...count).map { "a\($0)" }, next: nil)
    #expect(Self.isComplete(actions) == isTaken)
    #expect((Self.failure(actions) == .malformed(reason: "more than 20000 rows")) == !isTaken)
  }

  @Test(arguments: [(0, true), (1, false)])
  func `has at most 12 MiB, because its pages are kept`(excess: Int, isTaken: Bool) throws {
    var reader = try #require(Reader())
    #expect(reader.take(["a"], next: "PageToken=PA1", bytes: 8 << 20).count == 1)
    let actions = reader.take(["b"], next: nil, bytes: (4 << 20) + excess)
    #expect(Self.isComplete(actions) == isTaken)
    #expect((Self.failure(actions) == .malformed(reason: "more than 12582912 bytes of pages")) == !isTaken)
  }

  @Test(arguments: [
    ("PageToken=PA1", "PageToken=PA1"), ("Page=1&PageToken=PA1", "Page=2&PageToken=PA1"),
    ("PageToken=PA1&PageSize=1000", "PageSize=50&PageToken=PA1"), ("Page=1", "Page=1"),
  ])
  func `fails if a page token is repeated, whatever else the link contains`(first: String, second: String) throws {
    var reader = try #require(Reader())
    #expect(reader.take(["a"], next: first) == [.fetchPage(query: first, ordinal: 1)])
    #expect(
      Self.failure(reader.take(["b"], next: second)) == .malformed(reason: "the list repeats a page token"))
  }

  @Test func `accepts tokens that begin alike`() throws {
    var reader = try #require(Reader())
    #expect(reader.take(["a"], next: "Page=1&PageToken=PA1").count == 1)
    #expect(reader.take(["b"], next: "Page=1&PageToken=PA12").count == 1)
    #expect(Self.isComplete(reader.take(["c"], next: nil)))
  }

  @Test(arguments: [[], ["a"], ["b", "a"]])
  func `fails if a page with a next link lists no new participants`(sids: [String]) throws {
    var reader = try #require(Reader())
    #expect(reader.take(["a", "b"], next: "PageToken=PA1").count == 1)
    #expect(
      Self.failure(reader.take(sids, next: "PageToken=PA2"))
        == .malformed(reason: "a page with a next link lists no new participants"))
  }

  @Test(arguments: [[], ["a"], ["b", "a"]])
  func `ends with a page that has a next link and no new participant if every page was short`(sids: [String]) throws {
    var reader = try #require(Reader())
    #expect(reader.take(["a", "b"], next: "PageToken=PA1", pageSize: "50").count == 1)
    #expect(Self.isComplete(reader.take(sids, next: "PageToken=PA2", pageSize: "50")))
    #expect(reader.tracker.room.participants.count == 2)
  }

  @Test func `ends if a page token is repeated and every page was short`() throws {
    var reader = try #require(Reader())
    #expect(reader.take(["a"], next: "PageToken=PA1", pageSize: "2").count == 1)
    #expect(Self.isComplete(reader.take(["b"], next: "Page=7&PageToken=PA1", pageSize: "2")))
    #expect(reader.tracker.room.participants.count == 2)
  }

  /// The `page_size` of the first page and of the next, and whether the list may end there.
  @Test(
    arguments: [
      ("2", "50", false), ("1", "50", false), ("50", "0", false), ("50", nil, false), (nil, "50", false),
      (#""50""#, "50", false), ("null", "50", false), ("5e1", "50", false), ("-1", "50", false), ("3", "1", true),
      ("3", "50", true),
    ] as [(String?, String?, Bool)], [true, false])
  func `fails without a new page or participant if a page was full or has no page_size`(
    form: (first: String?, second: String?, ends: Bool), repeatsToken: Bool
  ) throws {
    var reader = try #require(Reader())
    #expect(reader.take(["a", "b"], next: "PageToken=PA1", pageSize: form.first).count == 1)
    let actions = reader.take([], next: repeatsToken ? "PageToken=PA1" : "PageToken=PA2", pageSize: form.second)
    #expect(Self.isComplete(actions) == form.ends)
    #expect((Self.failure(actions) != nil) == !form.ends)
  }

  @Test func `ends with a last page that shows no new participant`() throws {
    var reader = try #require(Reader())
    #expect(reader.take(["a", "b"], next: "PageToken=PA1").count == 1)
    #expect(Self.isComplete(reader.take([], next: nil)))
  }

  @Test func `restarts once after a lost page token, and drops its pages`() throws {
    var reader = try #require(Reader())
    #expect(reader.take(["a"], next: "PageToken=PA1").count == 1)
    #expect(reader.fail(.invalidPageToken) == [.fetchPage(query: nil, ordinal: 0)])
    #expect(reader.take(["b"], next: "PageToken=PA1") == [.fetchPage(query: "PageToken=PA1", ordinal: 1)])
    #expect(Self.failure(reader.fail(.invalidPageToken)) == .invalidPageToken)
    #expect(reader.tracker.room.participants.isEmpty)
    _ = reader.tracker.begin(at: reader.now)
    #expect(reader.fail(.invalidPageToken) == [.fetchPage(query: nil, ordinal: 0)])
    #expect(Self.isComplete(reader.take(["c"], next: nil)))
    #expect(reader.tracker.room.participants.keys.map(\.text) == ["c"])
  }

  @Test func `asks about the conference if the first page is not found, but not if a later one is not`() throws {
    var reader = try #require(Reader())
    #expect(reader.fail(.notFound).first == .fetchConference)
    var later = try #require(Reader())
    #expect(later.take(["a"], next: "PageToken=PA1").count == 1)
    #expect(Self.failure(later.fail(.notFound)) == .notFound)
  }
}
