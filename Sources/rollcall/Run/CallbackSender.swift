import RollcallCore
import RollcallKit
import RollcallSimulator

/// Posts the status callbacks of a simulated space, in order of time and without retries, as providers do.
actor CallbackSender {
  /// The interval between two checks for due callbacks.
  private static let pause: Duration = .milliseconds(10)
  /// The maximum number of requests in flight.
  private static let requestsInFlight = 16
  /// The maximum number of callbacks that wait for a request to end; beyond it the oldest are dropped.
  private static let maximumWaiting = 1000
  private static let accepted = 200..<300

  private let space: SimulatedSpace
  private let url: WebhookURL
  private let loop: EventLoop
  private let transport: CurlTransport
  private let log: StandardError
  private var waiting = FIFO<SimulatedCallback>()
  private var inFlight = 0
  private var hasReportedFailure = false

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  init(
    _ space: SimulatedSpace, to url: WebhookURL, trusting certificates: AddedCertificates?, on loop: EventLoop,
    _ log: StandardError
  ) {
    self.space = space
    self.url = url
    self.loop = loop
    self.log = log
    transport = CurlTransport(on: loop, for: .webhooks, trusting: certificates)
  }

  /// Sends until the task is cancelled.
  func send() async {
    await withDiscardingTaskGroup { group in
      repeat {
        for callback in space.takeCallbacks() { waiting.append(callback) }
        while waiting.count > Self.maximumWaiting { _ = waiting.popFirst() }
        while inFlight < Self.requestsInFlight, let callback = waiting.popFirst() {
          inFlight += 1
          group.addTask { await self.post(callback) }
        }
      } while await loop.sleeps(for: Self.pause)
      group.cancelAll()
    }
  }

  private func post(_ callback: SimulatedCallback) async {
    let request = HTTPRequest(
      method: .post, url: url.url, headers: [.init("Content-Type", SimulatedCallback.contentType)],
      body: callback.body, limits: .webhook)
    do throws(HTTPFailure) {
      let status = try await transport.send(request).status
      if !Self.accepted.contains(status) { report("answered \(status)") }
    } catch {
      if !Task.isCancelled { report(error.reason) }
    }
    inFlight -= 1
  }

  private func report(_ problem: String) {
    guard !hasReportedFailure else { return }
    hasReportedFailure = true
    log.log(.warning, "status callback \(url.host): \(problem); further failures are not logged")
  }
}
