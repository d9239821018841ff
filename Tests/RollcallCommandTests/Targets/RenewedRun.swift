import Synchronization

@testable import RollcallCore
@testable import RollcallKit
@testable import rollcall

/// Webhooks that post from a store in memory, in simulated time, while their files change.
final class RenewedRun: Sendable {
  private final class Receiver: HTTPTransport {
    let requests = Mutex<[HTTPRequest]>([])
    private let answer: @Sendable (_ name: String) -> Int

    init(_ answer: @escaping @Sendable (String) -> Int) { self.answer = answer }

    func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
      requests.withLock { $0.append(request) }
      return HTTPResponse(status: answer(request.targetName), body: .bytes(PaddedBytes([])))
    }
  }

  private final class Files: Sendable {
    let members: Mutex<[WebhookTarget]?>

    init(_ members: [WebhookTarget]) { self.members = Mutex(members) }
  }

  private let loop = EventLoop(time: SimulatedTime(wallClock: Timestamp(milliseconds: 1_795_442_400_000)))
  private let text: LoggedText
  private let receiver: Receiver
  private let files: Files
  private let store: RunStore
  private let clock: StreamClock
  private let sinks: WebhookSinks
  private let task: Task<Void, Never>

  /// - Parameter answer: returns the status with which the webhook of that name answers.
  init(_ members: [WebhookTarget], answer: @escaping @Sendable (String) -> Int = { _ in 200 }) throws {
    let loop = loop
    text = try LoggedText()
    let log = text.log
    let (receiver, files) = (Receiver(answer), Files(members))
    let words = NoticeLog(log: log, subject: .found(.all), provider: .signalWire, isDurable: false, isSingleScan: false)
    let notify: @Sendable (WatchNotice) -> Void = { notice in
      // The notices of sinks do not matter here.
      if case .webhook = notice { return }
      words.take(notice)
    }
    let store = RunStore.memory(targets: members.map(\.name), on: loop) { notify(.store($0)) }
    let clock = StreamClock(on: loop)
    let source = WebhookSource(members, log: log) { () throws(UsageError) in
      guard let members = files.members.withLock({ $0 }) else { throw UsageError("it is bad", right: "mend it") }
      return members
    }
    let sinks = WebhookSinks(source, on: loop, store: store, notify: notify) { target in
      WebhookSink(target, on: loop, clock: clock, store: store.events, transport: receiver) { _ in }
    }
    (self.receiver, self.files, self.store, self.clock, self.sinks) = (receiver, files, store, clock, sinks)
    task = Task(executorPreference: loop) {
      await sinks.begin()
      await sinks.run()
    }
  }

  /// Changes the files' contents, with nil for an error in them, and reloads the files.
  func renew(_ members: [WebhookTarget]?) {
    files.members.withLock { $0 = members }
    let sinks = sinks
    perform { await sinks.renew() }
  }

  func commit(_ type: EventType) {
    let (store, sinks, clock) = (store, sinks, clock)
    perform {
      _ = await store.commit(PollCommit([Event(type, at: clock.now, conference: nil)]))
      await sinks.notice()
    }
  }

  /// Ends the run.
  ///
  /// - Returns: the sequences of the events that were posted, by webhook.
  func end() -> [String: [UInt64]] {
    let (sinks, clock, task) = (sinks, clock, task)
    perform {
      await sinks.drain(until: clock.now + .seconds(8))
      await task.value
    }
    return Dictionary(grouping: requests, by: \.targetName).mapValues { requests in
      requests.compactMap { request in
        request.headers.first { $0.name == "webhook-id" }.flatMap { UInt64($0.value.reveal().suffix(12)) }
      }
    }
  }

  var requests: [HTTPRequest] { receiver.requests.withLock { $0 } }

  var tallies: [WebhookSink.Tally] {
    let (sinks, book) = (sinks, Book())
    perform {
      let tallies = await sinks.reports().map(\.tally)
      book.tallies.withLock { $0 = tallies }
    }
    return book.tallies.withLock { $0 }
  }

  private final class Book: Sendable {
    let tallies = Mutex<[WebhookSink.Tally]>([])
  }

  /// Returns the lines that were logged since the last call.
  func lines() -> [String] { text.lines() }

  /// Runs the body on the loop, and then everything that follows from it at once.
  private func perform(_ body: @escaping @Sendable () async -> Void) {
    let loop = loop
    _ = loop.run {
      await body()
      try? await loop.sleep(for: .milliseconds(500))
      return 0
    }
  }
}

extension HTTPRequest {
  /// The last part of the URL.
  fileprivate var targetName: String { url.reveal().split(separator: "/").last.map(String.init) ?? "" }
}
