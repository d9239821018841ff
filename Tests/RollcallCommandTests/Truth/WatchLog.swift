import RollcallCore
import RollcallKit
import RollcallTestKit
import Synchronization

/// The requests and events of one watch of a simulated space, with their times by the space's clock.
final class WatchLog: Sendable {
  struct Told: Sendable {
    let draft: Event
    let event: StoredEvent
  }

  private struct State {
    var stream = EventStream(epoch: 1)
    var told: [Told] = []
    var folded = FoldedRoom()
    var replies = 0
    var failures = 0
    /// Pairs of the stream's time and the space's time at the same moment, ascending.
    var times: [(stream: Timestamp, space: Int64)] = []
  }

  private let state = Mutex(State())
  private let space: SteppingClock
  private let stream: StreamClock
  private let change: AsyncStream<Void>.Continuation

  /// - Parameter change: notified of every reply and every event.
  init(of space: SteppingClock, stream: StreamClock, change: AsyncStream<Void>.Continuation) {
    self.space = space
    self.stream = stream
    self.change = change
  }

  var told: [Told] { state.withLock { $0.told } }
  var folded: FoldedRoom { state.withLock { $0.folded } }
  /// The number of requests that have ended, with or without a reply.
  var replies: Int { state.withLock { $0.replies } }
  /// The number of requests without a reply, or with one that is neither 200 nor 404.
  var failures: Int { state.withLock { $0.failures } }

  func noteRequest() {
    let times = (stream.now, space.moment)
    state.withLock { $0.times.append(times) }
  }

  /// - Parameter status: the status of the reply; nil if there was none.
  func noteReply(_ status: Int?) {
    let times = (stream.now, space.moment)
    state.withLock { state in
      state.times.append(times)
      state.replies += 1
      if status != 200 && status != 404 { state.failures += 1 }
    }
    change.yield()
  }

  func take(_ drafts: [Event]) {
    state.withLock { state in
      for draft in drafts {
        let event = state.stream.freeze(draft)
        state.told.append(Told(draft: draft, event: event))
        state.folded.fold(event)
      }
    }
    change.yield()
  }

  /// Returns the latest known time of the space before this time of the stream.
  func latest(before moment: Timestamp) -> Int64 {
    state.withLock { state in state.times.last { $0.stream < moment }?.space ?? 0 }
  }

  /// Returns the space's time at this time of the stream, or up to a millisecond later: timestamps are whole
  /// milliseconds.
  func latest(through moment: Timestamp) -> Int64 {
    state.withLock { state in state.times.last { $0.stream <= moment }?.space ?? 0 }
  }
}

/// A transport that notes each request and each reply in the log.
struct LoggedTransport: HTTPTransport {
  let transport: CurlTransport
  let log: WatchLog

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    log.noteRequest()
    do throws(HTTPFailure) {
      let response = try await transport.send(request)
      log.noteReply(response.status)
      return response
    } catch {
      log.noteReply(nil)
      throw error
    }
  }
}
