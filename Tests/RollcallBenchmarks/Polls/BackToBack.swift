import RollcallCore
import RollcallKit

/// Polls one conference again and again, with only the given pause in between: a watch has an interval of at least 100
/// ms. A poll does the same as in a watch.
actor BackToBack {
  private let loop: EventLoop
  private let clock: StreamClock
  private let api: ConferenceAPI
  private let pause: Duration
  private let publish: @Sendable (PollCommit) async -> Void
  private var tracker: ConferenceTracker
  private var reader = PageReader()

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  init(
    _ conference: ConferenceSID, on loop: EventLoop, api: ConferenceAPI, pause: Duration,
    publish: @escaping @Sendable (PollCommit) async -> Void
  ) {
    self.loop = loop
    self.api = api
    self.pause = pause
    self.publish = publish
    clock = StreamClock(on: loop)
    tracker = ConferenceTracker(conference: conference, origin: .named, interval: .seconds(1), version: "1")
  }

  /// Polls until the task is cancelled, or a poll fails.
  func run() async {
    while !Task.isCancelled, await poll() {
      do throws(CancellationError) {
        // Also lets the writer continue.
        try await loop.sleep(for: pause)
      } catch {
        return
      }
    }
  }

  /// - Returns: whether the poll was complete.
  private func poll() async -> Bool {
    var actions = tracker.begin(at: clock.now)
    while !actions.isEmpty {
      var next: [ConferenceTracker.Action] = []
      for action in actions {
        switch action {
        case .commit(let drafts): await publish(PollCommit(drafts))
        case .finish(let outcome): return outcome == .complete
        case .fetchPage(let query, let ordinal): next += await fetch(query, ordinal)
        case .fetchParticipant(let call):
          let reply = await api.participant(call, in: tracker.room.conference)
          next += tracker.participantAnswered(call, reply, at: clock.now)
        case .fetchConference:
          next += tracker.conferenceAnswered(await api.conference(tracker.room.conference), at: clock.now)
        case .setDeadline, .warnOfStatuses: break
        }
      }
      actions = next
    }
    return false
  }

  private func fetch(_ query: String?, _ ordinal: Int) async -> [ConferenceTracker.Action] {
    var reader = reader
    defer { self.reader = reader }
    do throws(ScanFailure) {
      let reply = try await api.page(
        of: tracker.room.conference, query: query, comparedWith: tracker.page(at: ordinal), isConditional: true,
        reader: &reader)
      return tracker.received(reply, at: clock.now)
    } catch {
      return tracker.failed(error, at: clock.now)
    }
  }
}
