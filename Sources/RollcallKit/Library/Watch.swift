@_exported public import RollcallCore

/// A watch of conferences: which ones, how, and where their events go.
///
/// ```swift
/// for try await event in Watch(.named("standup"), at: account) {
///   if case .participantJoined(let participant) = event.kind { greet(participant.callSID) }
/// }
/// ```
///
/// It is a sequence of events, and each iterator is a run of its own; ``run()`` only serves webhooks and the state
/// file. All runs share one thread, which the library starts.
///
/// A run ends when its conferences end, when ``duration`` has passed, when the task is cancelled, or when the last copy
/// of the iterator is released. It then delivers stored events to webhooks, for up to 8 s, or 60 s if it ended by
/// itself without a state file, and closes the state file. After that the sequence ends, and ``run()`` returns.
///
/// While ``maximumWaiting`` events wait to be taken, nothing is polled; `watch.interrupted` and `watch.resumed` report
/// that like any other outage.
public struct Watch: AsyncSequence, Sendable {
  public typealias Element = ConferenceEvent
  public typealias Failure = WatchFailure

  /// The bounds of ``interval``.
  public static let intervals = PollSchedule.intervals
  /// The bounds of ``discoveryInterval``.
  public static let discoveryIntervals: ClosedRange<Duration> = .seconds(1)...(.seconds(3600))
  /// The bounds of ``maximumRequestsPerSecond``.
  public static let requestRates = RequestBudget.bounds
  /// The bounds of ``duration``.
  public static let durations: ClosedRange<Duration> = .milliseconds(100)...(.seconds(8760 * 3600))
  /// The bounds of ``heartbeat``.
  public static let heartbeats: ClosedRange<Duration> = .seconds(1)...(.seconds(24 * 3600))
  /// The bounds of ``StateFile/history``.
  public static let histories: ClosedRange<Duration> = .seconds(3600)...(.seconds(87_600 * 3600))
  /// The maximum number of ``alerts``.
  public static let maximumAlerts = AlertCondition.maximumCount
  /// The maximum number of ``webhooks``.
  public static let maximumWebhooks = 64
  /// The number of waiting events at which polls pause. The events of one poll may exceed it.
  public static let maximumWaiting = 10_000

  /// A file that keeps events and rooms, so that a later run continues where this one ended.
  public struct StateFile: Hashable, Sendable {
    /// The path of the file, which is created if there is none. It belongs to one account, and to one run at a time.
    public var path: String
    /// How long delivered events stay in it, within ``Watch/histories``. Default: 720 h.
    public var history: Duration

    /// - Parameters:
    ///   - path: the path of the file, which is created if there is none.
    ///   - history: how long delivered events stay in it, within ``Watch/histories``.
    public init(path: String, history: Duration = .seconds(720 * 3600)) {
      self.path = path
      self.history = history
    }
  }

  /// Which conferences are watched.
  public let subject: WatchSubject
  /// The account that the conferences belong to.
  public let account: ConferenceAccount
  /// The time between two polls of a conference. Default: 2 s. A state that lasts for less can be missed.
  public var interval: Duration = .seconds(2)
  /// The time between two lists of conferences, unless the conferences are given by sid. Default: 5 s.
  public var discoveryInterval: Duration = .seconds(5)
  /// The maximum number of requests per second to the provider, for all conferences of the run together. Default: 50.
  /// If that is too few, conferences are polled less often.
  public var maximumRequestsPerSecond = RequestBudget.standard
  /// Whether to wait for conferences that have not begun: up to 60 s for a sid, without limit for a name. Otherwise the
  /// first complete lists must arrive within 30 s.
  public var waits = false
  /// Whether to look up the call of each new participant, so that their events have ``ConferenceEvent/callDetails``.
  /// This takes a request for each, and the events of a poll wait up to 2 s for it.
  public var asksForCalls = false
  /// The conditions that raise alerts, such as `.hold(for: .seconds(120))`: up to ``maximumAlerts``, none of them twice.
  ///
  /// An alert is raised once the condition has been true for its duration, at a scan that still shows it.
  /// ``ConferenceEvent/Kind/alertResolved(_:)`` follows when it is no longer true.
  public var alerts: [AlertCondition] = []
  /// The time between two `watch.heartbeat` events; nil for none.
  public var heartbeat: Duration?
  /// The time after which the run ends by itself; nil for no limit.
  public var duration: Duration?
  /// Where events are kept; nil keeps them in memory until the program and all webhooks have them.
  ///
  /// With a file, a run begins with the events that the previous run left undelivered. An event counts as taken when
  /// the program asks for the next one, so the last one before a crash is delivered again.
  public var stateFile: StateFile?
  /// The webhooks for the events, whether or not the program takes events. Each URL and each name must be unique.
  public var webhooks: [Webhook] = []

  /// - Parameters:
  ///   - subject: the conferences, such as `.conference(sid)`, `.named("standup")`, `.matching("team-*")` or `.all`.
  ///   - account: the account that the conferences belong to.
  public init(_ subject: WatchSubject, at account: ConferenceAccount) {
    self.subject = subject
    self.account = account
  }

  /// Starts a run.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(begin(takesEvents: true)) }

  /// Runs the watch only for webhooks and the state file, until it ends or the task is cancelled.
  ///
  /// - Throws: ``WatchFailure`` if watching could not begin, the state file failed, or webhooks lost events.
  public func run() async throws(WatchFailure) {
    let handoff = begin(takesEvents: false)
    _ = try await handoff.next(isolation: #isolation)
  }

  /// - Parameter takesEvents: whether the program takes the run's events.
  private func begin(takesEvents: Bool) -> EventHandoff {
    let handoff = EventHandoff()
    do throws(WatchFailure) {
      let loop = try SharedLoop.started()
      let start = try WatchStart(self)
      // No other task awaits this one; the handoff reports the end of the run.
      Task(executorPreference: loop) {
        handoff.end(await start.run(on: loop, handoff, takesEvents: takesEvents))
      }
    } catch {
      handoff.end(error)
    }
    return handoff
  }

  /// A run, and its events in order.
  public struct AsyncIterator: AsyncIteratorProtocol {
    /// Ends the run when the last copy of the iterator is released.
    private final class Attendance: Sendable {
      let handoff: EventHandoff

      init(_ handoff: EventHandoff) { self.handoff = handoff }

      deinit { handoff.leave() }
    }

    private let attendance: Attendance
    private var isOver = false

    init(_ handoff: EventHandoff) { attendance = Attendance(handoff) }

    /// Returns the next event as soon as it is stored; nil once the run has ended.
    ///
    /// - Throws: ``WatchFailure`` if watching could not begin, the state file failed, or webhooks lost events.
    public mutating func next() async throws(WatchFailure) -> ConferenceEvent? { try await next(isolation: nil) }

    /// The same without leaving the caller's actor.
    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(WatchFailure) -> ConferenceEvent? {
      guard !isOver else { return nil }
      isOver = true
      let event = try await attendance.handoff.next(isolation: actor)
      isOver = event == nil
      return event
    }
  }
}
