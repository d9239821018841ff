import RollcallCore
import RollcallKit
import RollcallTestKit
import Synchronization

/// A space over TLS with one conference, in simulated time. The test decides the answer to each request for its list.
final class SurveyedSpace: HTTPTransport {
  /// One request for a page.
  struct Question: Sendable {
    /// The number of earlier requests for pages.
    var number: Int
    /// Milliseconds since the survey began.
    var at: Int
    var query: String
  }

  /// The answer to a request for a page.
  struct Answer: Sendable {
    var people: [FakePerson]
    var status = 200
    var headers: [String: String] = [:]
    /// Whether a request with the current tag is answered with 304.
    var honoursTags = true
    /// Compresses the page; nil sends it as it is.
    var gzip: (@Sendable ([UInt8]) -> [UInt8])?
    var pageSize: Int?
    var next: String?

    init(_ people: [FakePerson]) { self.people = people }

    init(status: Int, headers: [String: String] = [:]) {
      people = []
      self.status = status
      self.headers = headers
    }

    fileprivate var page: [UInt8] {
      let rows = people.map { $0.row(conference: "c") }.joined(separator: ",")
      let size = pageSize.map { "\"page_size\":\($0)," } ?? ""
      return Array("{\(size)\"next_page_uri\":\(next.map { "\"\($0)\"" } ?? "null"),\"participants\":[\(rows)]}".utf8)
    }
  }

  /// The size of the header lines of each reply.
  static let headerBytes = 200
  static let start = Timestamp(milliseconds: 1_795_442_400_000)
  static let path = "/api/laml/2010-04-01/Accounts/p/Conferences/c/Participants"

  let loop: EventLoop
  private let time = SimulatedTime(wallClock: start)
  private let delay: Duration
  private let conference: String
  private let answer: @Sendable (Question) -> Answer
  private let asked = Mutex(0)

  /// - Parameters:
  ///   - delay: how long each answer takes.
  ///   - conference: the status of the conference.
  init(
    delay: Duration = .milliseconds(40), conference: String = "in-progress",
    _ answer: @escaping @Sendable (Question) -> Answer
  ) {
    loop = EventLoop(time: time)
    self.delay = delay
    self.conference = conference
    self.answer = answer
  }

  var now: Int { Int(time.now.nanoseconds / 1_000_000) }

  /// Surveys the conference.
  ///
  /// - Parameter cancelling: when the task is cancelled; nil for never.
  func survey(
    _ origin: String = "https://example.signalwire.com", every interval: Duration = .seconds(2),
    for length: Duration = .seconds(30), cancelling: Duration? = nil
  ) -> ProviderSurvey? {
    guard let sid = ConferenceSID("c") else { return nil }
    let result = Mutex<ProviderSurvey?>(nil)
    let api = ConferenceAPI(transport: self, origin: origin, project: "p", token: Secret("t"))
    let task = Task(executorPreference: loop) {
      let found = await ConferenceSurvey(of: sid, with: api, on: self.loop, every: interval, for: length)
        .run { _, _ in }
      result.withLock { $0 = found }
    }
    if let cancelling {
      Task(executorPreference: loop) {
        try? await self.loop.sleep(for: cancelling)
        task.cancel()
      }
    }
    loop.run { result.withLock { $0 != nil } }
    return result.withLock { $0 }
  }

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    do throws(CancellationError) { try await loop.sleep(for: delay) } catch {
      throw HTTPFailure(.cancelled, "cancelled")
    }
    let url = request.url.reveal()
    guard url.contains("/Participants") else {
      let body = PaddedBytes(Array(#"{"sid":"c","status":"\#(conference)"}"#.utf8))
      return HTTPResponse(status: 200, body: .bytes(body), byteCount: Self.headerBytes + body.count)
    }
    let number = asked.withLock { asked in
      defer { asked += 1 }
      return asked
    }
    let query = url.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
    return reply(answer(Question(number: number, at: now, query: String(query))), to: request)
  }

  private func reply(_ answer: Answer, to request: HTTPRequest) -> HTTPResponse {
    let condition = request.headers.first { $0.name == "If-None-Match" }?.value.reveal()
    if answer.honoursTags, let condition, condition == answer.headers["etag"] {
      return HTTPResponse(
        status: 304, headers: answer.headers, body: .bytes(PaddedBytes([])), version: HTTPVersion(2),
        byteCount: Self.headerBytes)
    }
    let page = answer.status == 200 ? answer.page : []
    let isExpected = request.expected.map { $0.bytes.elementsEqual(page) } ?? false
    let body: HTTPResponse.Body = isExpected ? .asExpected : .bytes(PaddedBytes(page))
    let compressed = request.acceptsGzip ? answer.gzip.map { PaddedBytes($0(page)) } : nil
    let isRepeated = isExpected && Self.isEqualButForTime(compressed, request.expectedGzip)
    return HTTPResponse(
      status: answer.status, headers: answer.headers, body: body, gzip: isRepeated ? request.expectedGzip : compressed,
      version: HTTPVersion(2), byteCount: Self.headerBytes + (compressed?.count ?? page.count))
  }

  private static func isEqualButForTime(_ one: PaddedBytes?, _ other: PaddedBytes?) -> Bool {
    guard let one, let other else { return false }
    return one.bytes.prefix(4) == other.bytes.prefix(4) && one.bytes.dropFirst(8) == other.bytes.dropFirst(8)
  }
}
