import RollcallCore
import Synchronization

/// One watch of a conference for a program around it: its loop's thread, and what has yet to be taken.
final class EventRun: Sendable {
  private struct State {
    /// Of no run before the watch begins.
    var stream = EventStream(epoch: 0)
    /// Events that wait to be taken.
    var waiting = 0
    var failure: WatchFailure?
  }

  private let conference: ConferenceSID
  private let account: ConferenceAccount
  private let settings: WatchSettings
  private let bound: Int
  private let transport: @Sendable (EventLoop) throws(HTTPFailure) -> any HTTPTransport
  private let state = Mutex(State())

  /// - Parameters:
  ///   - bound: polls pause while so many events wait.
  ///   - transport: makes what requests are sent by, on the loop of the watch.
  init(
    _ conference: ConferenceSID, _ account: ConferenceAccount, _ settings: WatchSettings,
    bound: Int,
    transport: @escaping @Sendable (EventLoop) throws(HTTPFailure) -> any HTTPTransport
  ) {
    self.conference = conference
    self.account = account
    self.settings = settings
    self.bound = bound
    self.transport = transport
  }

  /// Why watching could not begin; nil where it did, or where that is not known yet.
  var failure: WatchFailure? { state.withLock(\.failure) }

  /// How many events wait to be taken.
  var waiting: Int { state.withLock(\.waiting) }

  /// An event has been taken.
  func taken() { state.withLock { $0.waiting -= 1 } }

  /// Begins to watch; it ends with the stream. Call it once.
  func begin() -> AsyncStream<ConferenceEvent> {
    // Polls stop before much waits, so no bound is needed here.
    let (events, continuation) = AsyncStream.makeStream(of: ConferenceEvent.self)
    let loop = EventLoop()
    guard loop.startThread() else {
      state.withLock { $0.failure = .setUp("there is no thread for the watch") }
      continuation.finish()
      return events
    }
    // Nobody waits for this task: it ends with the stream, and the loop's thread with it.
    let task = Task(executorPreference: loop) {
      let failure = await self.watch(on: loop, continuation)
      self.state.withLock { $0.failure = failure }
      continuation.finish()
      loop.stop()
    }
    continuation.onTermination = { _ in task.cancel() }
    return events
  }

  /// Watches until that is over.
  ///
  /// - Returns: why it could not begin; nil where it did.
  func watch(
    on loop: EventLoop, _ events: AsyncStream<ConferenceEvent>.Continuation
  ) async -> WatchFailure? {
    let transport: any HTTPTransport
    do throws(HTTPFailure) {
      transport = try self.transport(loop)
    } catch {
      return .setUp(error.reason)
    }
    var settings = settings
    settings.heldBack = { self.waiting >= self.bound ? .backpressure : nil }
    let api = ConferenceAPI(
      transport: transport, origin: account.origin, project: account.project, provider: account.provider,
      token: account.token)
    let clock = StreamClock(on: loop)
    state.withLock { $0.stream = EventStream(epoch: EventStream.newEpoch(startedAt: clock.now)) }
    let watch = PollerSet(on: loop, clock: clock, api: api, settings: settings) { commit in
      for draft in commit.drafts { events.yield(self.freeze(draft)) }
      return .stored()
    }
    return WatchFailure(await watch.run([conference])[conference])
  }

  private func freeze(_ draft: Event) -> ConferenceEvent {
    state.withLock { state in
      state.waiting += 1
      return ConferenceEvent(draft, as: state.stream.freeze(draft))
    }
  }
}
