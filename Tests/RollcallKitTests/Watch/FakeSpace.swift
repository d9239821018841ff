import RollcallCore
import RollcallKit
import RollcallTestKit
import Synchronization

/// A conference of a space invented by a test.
struct FakeConference: Sendable {
  var sid: String
  var name = ""
  var people: [FakePerson] = []
  var status = "in-progress"

  var row: String { #"{"sid":"\#(sid)","friendly_name":"\#(name)","status":"\#(status)"}"# }
}

/// A space whose conferences are a function of time, which records all requests with their times.
final class FakeSpace: HTTPTransport {
  struct Question: Sendable {
    /// Milliseconds since the run began.
    var at: Int
    /// The part of the URL after `/Conferences`, including the query; for a call, `Calls/` and its sid.
    var path: String
    var token: String
    /// The `If-None-Match` of the request.
    var condition: String?
  }

  private let time: SimulatedTime
  private let loop: EventLoop
  private let delay: @Sendable (Question) -> Duration
  private let fault: @Sendable (Question) -> HTTPResponse?
  private let conferences: @Sendable (Int) -> [FakeConference]
  /// Returns the tag of a page of participants with these bytes. Pages with tags support conditional requests.
  private let tags: @Sendable (Question, [UInt8]) -> String?
  private let asked = Mutex<[Question]>([])

  /// - Parameters:
  ///   - delay: how long an answer takes.
  ///   - fault: returns a reply that replaces the answer; nil for none.
  ///   - tags: returns the `ETag` of a page of participants with these bytes; nil for none.
  init(
    _ time: SimulatedTime, on loop: EventLoop, delay: @escaping @Sendable (Question) -> Duration,
    fault: @escaping @Sendable (Question) -> HTTPResponse?,
    tags: @escaping @Sendable (Question, [UInt8]) -> String? = { _, _ in nil },
    conferences: @escaping @Sendable (Int) -> [FakeConference]
  ) {
    self.tags = tags
    self.time = time
    self.loop = loop
    self.delay = delay
    self.fault = fault
    self.conferences = conferences
  }

  /// The fault of a space that cannot be reached.
  static let noConnection = reply(0)

  var questions: [Question] { asked.withLock { $0 } }

  static func reply(_ status: Int, _ body: String = "", _ headers: [String: String] = [:]) -> HTTPResponse {
    HTTPResponse(status: status, headers: headers, body: .bytes(PaddedBytes(Array(body.utf8))))
  }

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    let url = request.url.reveal()
    let call = url.split(separator: "/Calls/", maxSplits: 1).dropFirst().first
    let path = call.map { "Calls/\($0)" } ?? url.split(separator: "/Conferences", maxSplits: 1).dropFirst().first ?? ""
    let header = request.headers.first { $0.name == "Authorization" }?.value.reveal() ?? ""
    let question = Question(
      at: Int(time.now.nanoseconds / 1_000_000), path: String(path), token: header,
      condition: request.headers.first { $0.name == "If-None-Match" }?.value.reveal())
    asked.withLock { $0.append(question) }
    let delay = delay(question)
    if delay > .zero {
      do throws(CancellationError) {
        try await loop.sleep(for: delay)
      } catch {
        throw HTTPFailure(.cancelled, "cancelled")
      }
    }
    guard let reply = fault(question) else { return answer(question) }
    guard reply.status > 0 else { throw HTTPFailure(.unreachable, "could not connect") }
    return reply
  }

  /// Returns the call of a participant in one of the conferences, or else an error.
  private static func call(_ sid: String, of conferences: [FakeConference]) -> HTTPResponse {
    guard conferences.contains(where: { $0.people.contains { $0.sid == sid } }) else {
      return reply(404, #"{"code":20404}"#)
    }
    return reply(200, #"{"sid":"\#(sid)","from":"from-\#(sid)","to":"+15550199","direction":"inbound"}"#)
  }

  private func answer(_ question: Question) -> HTTPResponse {
    let now = conferences(question.at)
    let parts = question.path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let segments = parts[0].split(separator: "/")
    guard let sid = segments.first else {
      let query = parts.dropFirst().first ?? ""
      let rows = now.filter { query.contains("Status=\($0.status)") }.map(\.row).joined(separator: ",")
      return Self.reply(200, #"{"conferences":[\#(rows)]}"#)
    }
    if sid == "Calls" { return Self.call(String(segments[1]), of: now) }
    guard let conference = now.first(where: { $0.sid == sid }) else { return Self.reply(404, #"{"code":20404}"#) }
    if segments.count == 1 { return Self.reply(200, conference.row) }
    let listed = conference.status == "completed" ? [] : conference.people
    if segments.count == 2 {
      let page = FakePerson.page(listed, conference: conference.sid)
      guard let tag = tags(question, Array(page.bytes)) else { return HTTPResponse(status: 200, body: .bytes(page)) }
      if tag == question.condition { return Self.reply(304, "", ["etag": tag]) }
      return HTTPResponse(status: 200, headers: ["etag": tag], body: .bytes(page))
    }
    guard let person = listed.first(where: { $0.sid == segments[2] }) else {
      return Self.reply(404, #"{"code":20404}"#)
    }
    return Self.reply(200, person.row(conference: conference.sid))
  }
}
