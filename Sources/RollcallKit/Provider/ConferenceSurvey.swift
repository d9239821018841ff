package import RollcallCore
import Synchronization

/// Looks at a running conference for a while, as a watch would, to find out what its provider offers.
///
/// It uses the same client, judgement of replies, budget and pauses as a watch. After each list it requests the first page
/// once more, because two replies in a row are the most likely to have the same contents.
package struct ConferenceSurvey: Sendable {
  /// How often the progress is shown while nothing happens.
  private static let tick: Duration = .seconds(1)
  /// The number of failed lists after which a survey without any complete list ends.
  private static let maximumFailures = 3
  /// The only conference of the governor's agenda.
  fileprivate static let number = 0

  private let conference: ConferenceSID
  private let api: ConferenceAPI
  private let loop: EventLoop
  private let interval: Duration
  private let length: Duration

  /// - Parameters:
  ///   - interval: the time between two looks.
  ///   - length: the maximum time, less the last look.
  package init(
    of conference: ConferenceSID, with api: ConferenceAPI, on loop: EventLoop, every interval: Duration,
    for length: Duration
  ) {
    self.conference = conference
    self.api = api
    self.loop = loop
    self.interval = interval
    self.length = length
  }

  /// Looks until the time is over, the conference has ended or the task is cancelled.
  ///
  /// - Parameter progress: called after each look and once a second with what has been found and the time taken.
  package func run(showing progress: (ProviderSurvey, Duration) -> Void) async -> ProviderSurvey {
    var look = SurveyLook(of: conference, with: api, on: loop, every: interval)
    let begun = loop.now
    let end = begun.advanced(by: length)
    while true {
      if let reason = await turn(
        look, before: end, showing: { progress(look.survey, begun.duration(to: loop.now)) })
      {
        look.survey.end = reason
        break
      }
      let reason = await look.take()
      progress(look.survey, begun.duration(to: loop.now))
      if let reason {
        look.survey.end = reason
        break
      }
      if look.survey.list.lists == 0, look.survey.failedLists >= Self.maximumFailures {
        look.survey.end = .failing
        break
      }
    }
    look.survey.length = begun.duration(to: loop.now)
    return look.survey
  }

  /// Waits for the next look.
  ///
  /// - Returns: why there is none; nil when its turn has come.
  private func turn(
    _ look: SurveyLook, before end: BootInstant, showing progress: () -> Void
  ) async -> ProviderSurvey.End? {
    let origin = look.origin
    let source = OriginGovernor.Source.poll(of: conference)
    origin.govern { governor, now in
      governor.enqueue(Self.number, due: governor.due(source) ?? now, isBusy: false)
    }
    while !Task.isCancelled {
      if origin.nextTurn() != nil { return nil }
      let (wake, isClosed) = origin.govern { governor, now in
        (governor.wakeTime(after: now) ?? now, governor.suspension(at: now) != nil)
      }
      guard BootInstant(wake) < end else { return look.isRefused ? .refused : isClosed ? .paused : .timeOver }
      try? await loop.sleep(until: min(BootInstant(wake), loop.now.advanced(by: Self.tick)))
      progress()
    }
    return .interrupted
  }
}

/// One look after the other at a conference, and what they have found.
private struct SurveyLook {
  let origin: GovernedOrigin
  var survey: ProviderSurvey
  /// Whether the provider refused the last request of the last look.
  private(set) var isRefused = false

  private let conference: ConferenceSID
  private let api: ConferenceAPI
  private let loop: EventLoop
  private let exchanges: ExchangeLog
  private var reader = PageReader()

  private var source: OriginGovernor.Source { .poll(of: conference) }

  init(of conference: ConferenceSID, with api: ConferenceAPI, on loop: EventLoop, every interval: Duration) {
    let exchanges = ExchangeLog()
    let origin = GovernedOrigin(
      on: loop, clock: StreamClock(on: loop), token: api.token,
      budget: RequestBudget(requestsPerSecond: RequestBudget.standard, interval: interval)
    ) { _ in }
    origin.govern { governor, now in
      governor.add(conference, ConferenceSurvey.number, PollSchedule(start: now, interval: interval))
    }
    self.origin = origin
    self.exchanges = exchanges
    self.conference = conference
    self.loop = loop
    self.api = api.reportingDemands { origin.heed($0) }
      .withTransport {
        GovernedTransport(base: RecordingTransport(base: $0, loop: loop, exchanges: exchanges), origin: origin)
      }
    survey = ProviderSurvey(
      interval: interval, pageSizeAsked: Self.pageSize(in: api.dialect.participantsQuery),
      isEncrypted: api.space.isEncrypted)
  }

  private static func pageSize(in query: String) -> Int? {
    let value = query.split(separator: "&").first { $0.hasPrefix("PageSize=") }
    return value.flatMap { Int($0.dropFirst("PageSize=".count)) }
  }

  /// Reads the whole list, and then its first page once more.
  ///
  /// - Returns: why the survey is over; nil if it goes on.
  mutating func take() async -> ProviderSurvey.End? {
    survey.beginLook()
    let start = loop.now
    do throws(ScanFailure) {
      let scan = try await scan()
      survey.finishList(scan, in: start.duration(to: loop.now))
      if scan.people.isEmpty, await isOver() { return .conferenceEnded }
    } catch {
      guard !Task.isCancelled else { return .interrupted }
      survey.failList(error, inWords: words(error))
      return await end(.failed(error))
    }
    do throws(ScanFailure) {
      // Every other one is unconditional, because a 304 does not show whether gzip is repeatable.
      _ = try await page(nil, at: 0, isConditional: !survey.list.lists.isMultiple(of: 2))
    } catch {
      guard !Task.isCancelled else { return .interrupted }
      survey.failRepeat(error, inWords: words(error))
      return await end(.failed(error))
    }
    return await end(.complete)
  }

  private mutating func end(_ outcome: PollOutcome) async -> ProviderSurvey.End? {
    isRefused = false
    if case .failed(let failure) = outcome {
      isRefused = failure.isRefusal
      if failure.kind == .notFound, await isOver() { return .conferenceEnded }
    }
    _ = origin.ended(source, outcome)
    return nil
  }

  private func words(_ failure: ScanFailure) -> String { api.space.withoutHost(ScanFailure(failure.kind).text) }

  private mutating func scan() async throws(ScanFailure) -> Scan {
    var scan = Scan(start: loop.wallClock)
    var (query, ordinal): (String?, Int) = (nil, 0)
    while true {
      let old = survey.list.page(at: ordinal)
      do throws(ScanFailure) {
        let reply = try await page(query, at: ordinal, isConditional: false)
        guard let next = try scan.take(reply, comparedWith: old) else { return scan }
        (query, ordinal) = (next, ordinal + 1)
      } catch {
        guard error == .invalidPageToken, scan.restart() else { throw error }
        (query, ordinal) = (nil, 0)
      }
    }
  }

  private mutating func page(
    _ query: String?, at ordinal: Int, isConditional: Bool
  ) async throws(ScanFailure) -> PageReply {
    let old = survey.list.page(at: ordinal)
    do throws(ScanFailure) {
      let reply = try await api.page(
        of: conference, query: query, comparedWith: old, isConditional: isConditional, reader: &reader)
      origin.answered(source)
      if let exchange = exchanges.takeLast() { survey.take(exchange, reply, since: old) }
      return reply
    } catch {
      origin.answered(source, error)
      if let exchange = exchanges.takeLast() { survey.take(exchange, nil, since: old) }
      throw error
    }
  }

  /// Asks whether the conference is over.
  private func isOver() async -> Bool {
    defer { _ = exchanges.takeLast() }
    switch await api.conference(conference) {
    case .completed, .notFound: return true
    case .running, .refused, .unclear: return false
    }
  }
}

/// The last request and its reply, until they are taken.
private final class ExchangeLog: Sendable {
  private let last = Mutex<WireExchange?>(nil)

  func record(_ exchange: WireExchange) { last.withLock { $0 = exchange } }

  /// Returns the last request and its reply, and forgets them.
  func takeLast() -> WireExchange? { last.withLock { $0.take() } }
}

/// Records what is sent and received, and has replies keep all headers about rate limits.
private struct RecordingTransport: HTTPTransport {
  let base: any HTTPTransport
  let loop: EventLoop
  let exchanges: ExchangeLog

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    var request = request
    request.keepsLimitHeaders = true
    let (sent, start) = (loop.wallClock, loop.now)
    do throws(HTTPFailure) {
      let response = try await base.send(request)
      record(request, response, sent, start)
      return response
    } catch {
      record(request, nil, sent, start)
      throw error
    }
  }

  private func record(_ request: HTTPRequest, _ response: HTTPResponse?, _ sent: Timestamp, _ start: BootInstant) {
    exchanges.record(
      WireExchange(
        request: request, response: response, sent: sent, received: loop.wallClock,
        roundTrip: start.duration(to: loop.now)))
  }
}
