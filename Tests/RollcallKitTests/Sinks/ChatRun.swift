import Synchronization

@testable import RollcallCore
@testable import RollcallKit

/// A sink that posts to a chat service, in simulated time.
final class ChatRun {
  /// A request to the service, with its time.
  struct Request {
    var url: String
    var headers: [String]
    var body: JSONValue
    var at: Duration
    /// The sentences of a message for Mattermost, without the heading.
    var lines: [Substring] { (body["text"]?.asText ?? "").split(separator: "\n").dropFirst().map(\.self) }
  }

  private final class Service: HTTPTransport {
    private let asked = Mutex<[Request]>([])
    private let loop: EventLoop
    private let start: BootInstant
    private let answer: @Sendable (_ attempt: Int) -> HTTPResponse

    init(on loop: EventLoop, _ answer: @escaping @Sendable (Int) -> HTTPResponse) {
      self.loop = loop
      start = loop.now
      self.answer = answer
    }

    var requests: [Request] { asked.withLock { $0 } }

    func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
      let count = asked.withLock { list in
        list.append(
          Request(
            url: request.url.reveal(), headers: request.headers.map(\.name),
            body: (try? JSONReader.read(request.body)) ?? .null, at: start.duration(to: loop.now)))
        return list.count
      }
      return answer(count)
    }
  }

  private final class Notices: Sendable {
    let list = Mutex<[WebhookNotice]>([])
  }

  struct Outcome {
    var requests: [Request]
    var notices: [WebhookNotice]
    var report: WebhookSink.Tally
    var deadLetters: [Int64]
  }

  static func reply(_ status: Int, _ headers: [String: String] = [:], _ body: String = "") -> HTTPResponse {
    HTTPResponse(status: status, headers: headers, body: .bytes(PaddedBytes(Array(body.utf8))))
  }

  /// Commits polls to a state file, lets the sink deliver for `time`, and returns once it has ended.
  static func deliver(
    _ polls: [[Event]], to service: ChatService, names: SIDNames = .none,
    known: KnownNames = KnownNames(), for time: Duration = .seconds(60),
    answering answer: @escaping @Sendable (Int) -> HTTPResponse
  ) async throws -> Outcome {
    let loop = EventLoop(time: SimulatedTime(wallClock: Timestamp(milliseconds: 1_795_442_400_000)))
    loop.startThread()
    defer { loop.stop() }
    let directory = try StateDirectory()
    var target = WebhookTarget(url: Secret("https://chat.example/hook?a=1"), host: "chat.example")
    target.format = .chat(service, names)
    target.secrets = [try WebhookSecret(key: Array(0..<24))]
    target.maximumAge = .seconds(600)
    let transport = Service(on: loop, answer)
    let notices = Notices()
    let store = try await SQLiteStore.open(
      on: loop, path: directory.file, owner: .init(origin: "https://example.signalwire.com", account: "p"), epoch: 7,
      process: 1)
    let clock = StreamClock(on: loop)
    let sink = WebhookSink(
      target, on: loop, clock: clock, store: store, transport: transport, known: known
    ) { notice in notices.list.withLock { $0.append(notice) } }
    _ = try await store.cursor(of: target.name)
    for poll in polls { try await store.commit(PollCommit(poll)) }
    await Task(executorPreference: loop) {
      await sink.notice()
      await sink.drain(until: clock.now + time)
      await sink.run()
    }.value
    try await store.sync()
    let database = try SQLiteDatabase(path: directory.file, .readOnly)
    let letters = try database.prepare("SELECT sequence FROM dead_letter ORDER BY sequence")
    var sequences: [Int64] = []
    while try letters.next() { sequences.append(letters.integer(0) ?? 0) }
    return Outcome(
      requests: transport.requests, notices: notices.list.withLock { $0 }, report: await sink.report,
      deadLetters: sequences)
  }
}
