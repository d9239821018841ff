import RollcallCore
import RollcallKit

/// What one run of the watcher is to do: conferences in, events out, an exit status at the end.
struct WatchSession: Sendable {
  /// A webhook, and how its secrets are read once more; nil keeps the old ones.
  struct Webhook: Sendable {
    var target: WebhookTarget
    var readAgain: @Sendable () -> WebhookTarget?
  }

  var caFile: String?
  var api: @Sendable (any HTTPTransport) -> SignalWireAPI
  var subject: WatchSubject
  var settings: WatchSettings
  /// Goes on beside the run until that is over.
  var companion: (@Sendable (EventLoop) async -> Void)?
  var allows: @Sendable (EventType) -> Bool = { _ in true }
  /// The run ends after so long by itself.
  var duration: Duration?
  var webhooks: [Webhook] = []
  var writesStandardOutput = true
  var log: StandardError

  /// Runs on the calling thread until the run is over.
  func run() -> Int32 {
    let loop = EventLoop()
    return loop.run { await self.run(on: loop) }
  }

  private func run(on loop: EventLoop) async -> Int32 {
    let transport: CurlTransport
    do throws(HTTPFailure) {
      transport = try CurlTransport(on: loop, caFile: caFile)
    } catch {
      log.log(.error, error.reason)
      return ExitStatus.configuration.code
    }
    let clock = StreamClock(on: loop)
    let outputs = EventOutputs(
      on: loop, clock: clock, transport: transport, webhooks: webhooks, writesStandardOutput: writesStandardOutput,
      allows: allows, log: log)
    var settings = settings
    settings.isHeldBack = { await outputs.isHeldBack() }
    let watch = ConferenceWatch(
      on: loop, clock: clock, api: api(transport), settings: settings, undelivered: { await outputs.undelivered() }
    ) { drafts in await outputs.publish(drafts) }
    var run = WatchRun(
      watch: watch, subject: subject, duration: duration, outputs: outputs, loop: loop, clock: clock,
      signals: await MainSignals.make(on: loop), log: log)
    guard let companion else { return await run.run() }
    async let _ = companion(loop)
    let code = await run.run()
    return code
  }
}

/// Takes the signals over, on the loop.
private enum MainSignals {
  static func make(on loop: EventLoop) async -> Signals? { Signals(on: loop) }
}
