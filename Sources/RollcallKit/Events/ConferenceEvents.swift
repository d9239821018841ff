public import RollcallCore

/// The events of a conference, for as long as it is watched.
///
/// ```swift
/// for try await event in ConferenceEvents(of: conference, at: account) {
///   if event.type == .participantJoined, let call = event.call { greet(call) }
/// }
/// ```
///
/// Watching begins with each iterator, on a thread of its own, and ends with it: when the conference is over, when the task
/// is cancelled, or when the loop is left. The sequence ends then; it throws ``WatchFailure`` where watching could not begin.
public struct ConferenceEvents: AsyncSequence, Sendable {
  public typealias Element = ConferenceEvent
  public typealias Failure = WatchFailure

  /// What may lie between two polls.
  public static let intervals: ClosedRange<Duration> = .milliseconds(100)...(.seconds(3600))
  /// While so many events wait to be taken, nothing is polled; what happens meanwhile is told later, as after any
  /// interruption. Those of the last poll before, and `watch.interrupted`, may wait beyond it.
  public static let maximumWaiting = 10_000

  private let conference: ConferenceSID
  private let account: ConferenceAccount
  private let interval: Duration
  private let caFile: String?
  private let asksForCalls: Bool

  /// - Parameters:
  ///   - interval: the time between polls, taken into ``intervals`` where it lies outside of it. Shorter states can be missed.
  ///   - caFile: the path of a regular file of certificates (PEM) to be trusted besides the system's.
  ///   - asksForCalls: whether the call of everybody who comes is asked for, one request each, so that their events have
  ///     ``Event/callDetails``. The events of a poll wait for that up to 2 s.
  public init(
    of conference: ConferenceSID, at account: ConferenceAccount, interval: Duration = .seconds(2),
    caFile: String? = nil,
    asksForCalls: Bool = false
  ) {
    self.conference = conference
    self.account = account
    self.interval = Swift.min(Swift.max(interval, Self.intervals.lowerBound), Self.intervals.upperBound)
    self.caFile = caFile
    self.asksForCalls = asksForCalls
  }

  /// Begins to watch.
  public func makeAsyncIterator() -> AsyncIterator {
    var settings = WatchSettings(interval: interval)
    settings.asksForCalls = { [asksForCalls] in asksForCalls }
    let run = EventRun(conference, account, settings, bound: Self.maximumWaiting) { [caFile] loop throws(HTTPFailure) in
      do throws(AddedCertificates.Flaw) {
        let added = try AddedCertificates.named(caFile, pipes: .refused)
        return CurlTransport(on: loop, for: .polls, trusting: added)
      } catch {
        throw error.failure
      }
    }
    return AsyncIterator(run)
  }

  /// Watches while it is there.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private let run: EventRun
    private var events: AsyncStream<ConferenceEvent>.Iterator

    init(_ run: EventRun) {
      self.run = run
      events = run.begin().makeAsyncIterator()
    }

    /// The next event, as soon as it has happened; nil at the end, or where the task was cancelled.
    public mutating func next() async throws(WatchFailure) -> ConferenceEvent? {
      try await next(isolation: nil)
    }

    /// The same without leaving the caller's actor.
    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(WatchFailure) -> ConferenceEvent? {
      guard let event = await events.next(isolation: actor) else {
        if let failure = run.failure { throw failure }
        return nil
      }
      run.taken()
      return event
    }
  }
}
