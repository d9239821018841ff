/// What a look at a running conference has found out about its provider.
///
/// It holds counts and measures, and nothing that identifies a participant: neither sids nor names, labels or addresses.
package struct ProviderSurvey: Sendable {
  /// Why a survey ended.
  package enum End: String, Sendable {
    case timeOver = "time_over"
    /// Somebody asked for the end.
    case interrupted
    case conferenceEnded = "conference_ended"
    /// The provider demanded a pause that lasts until after the end.
    case paused
    /// The provider refused the last request, and may not be asked again before the end.
    case refused
    /// No list could be read.
    case failing
  }

  /// How often requests failed for one reason.
  package struct Failure: Sendable {
    package let failure: ScanFailure
    /// What happened, without the space's host and the provider's own words, which may name participants.
    package let words: String
    package fileprivate(set) var count = 1
  }

  /// The maximum number of different failures that are kept.
  private static let maximumFailures = 8

  /// The time between two looks.
  package let interval: Duration
  /// The page size that was asked for; nil if the provider determines it.
  package let pageSizeAsked: Int?
  /// Whether the connection is encrypted.
  package let isEncrypted: Bool
  package private(set) var wire = WireSurvey()
  package private(set) var list = ListSurvey()
  /// How long whole lists took, all pages.
  package private(set) var listTimes = DelayHistogram()
  /// The number of bytes received for the largest whole list.
  package private(set) var listBytes = 0
  package private(set) var failures: [Failure] = []
  /// The number of looks that began, and of those that failed.
  package private(set) var looks = 0
  package private(set) var failedLists = 0
  /// The number of complete lists whose first page could not be requested once more.
  package private(set) var failedRepeats = 0
  package var end = End.timeOver
  /// How long the survey took.
  package var length: Duration = .zero

  private var bytesOfList = 0

  package init(interval: Duration, pageSizeAsked: Int?, isEncrypted: Bool) {
    self.interval = interval
    self.pageSizeAsked = pageSizeAsked
    self.isEncrypted = isEncrypted
  }

  /// Begins another look, with a list.
  package mutating func beginLook() {
    looks += 1
    bytesOfList = 0
  }

  /// Takes a request for a page and what its reply means; nil for a failure.
  package mutating func take(_ exchange: WireExchange, _ reply: PageReply?, since old: Page?) {
    bytesOfList += exchange.response?.byteCount ?? 0
    wire.take(exchange, reply, since: old)
  }

  /// Takes a complete list.
  package mutating func finishList(_ scan: Scan, in time: Duration) {
    listTimes.add(time)
    list.take(scan)
    if scan.byteCount == list.bytes { listBytes = bytesOfList }
  }

  /// Takes the failure of a list.
  package mutating func failList(_ failure: ScanFailure, inWords words: String) {
    failedLists += 1
    count(failure, words)
  }

  /// Takes the failure to request the first page once more, which a watch does not do.
  package mutating func failRepeat(_ failure: ScanFailure, inWords words: String) {
    failedRepeats += 1
    count(failure, words)
  }

  private mutating func count(_ failure: ScanFailure, _ words: String) {
    if let known = failures.firstIndex(where: { $0.failure == failure }) {
      failures[known].count += 1
    } else if failures.count < Self.maximumFailures {
      failures.append(Failure(failure: failure, words: words))
    }
  }

  /// The number of requests of a look: the pages of the largest list, and the first one once more.
  package var requestsPerLook: Int { max(list.pages, 1) + 1 }

  /// The shortest interval at which a watch sends no more requests than this survey did.
  package var shortestTried: Duration { interval * max(list.pages, 1) / requestsPerLook }

  /// The number of bytes that a poll receives while nothing changes.
  package var unchangedBytes: Int {
    wire.tags.isHonoured ? wire.tags.notModifiedBytes * max(list.pages, 1) : listBytes
  }
}

/// The interval that a survey's findings suggest, and why.
package struct IntervalAdvice: Equatable, Sendable {
  package enum Reason: Equatable, Sendable {
    /// Nothing speaks against short intervals.
    case nothingAgainst
    /// More requests than those of the survey have not been tried.
    case untried
    /// An unchanged list costs so many bytes in each poll.
    case bytes(Int)
    /// Some lists failed.
    case failures
    /// A list takes this long.
    case listTime(Duration)
    /// The provider throttled at the interval of the survey.
    case throttled
    /// Few of the allowed requests remained at the interval of the survey.
    case nearLimit
  }

  package let interval: Duration
  package let reason: Reason

  /// The shortest interval that is suggested, and the usual one.
  private static let shortest: Duration = .seconds(1)
  private static let usual: Duration = .seconds(2)
  /// An unchanged list of up to this many bytes is cheap.
  private static let cheapBytes = 10_000
  /// Polls of an unchanged list should receive at most this many bytes per second.
  private static let maximumBytesPerSecond = 100_000
  /// A list should take at most one part in so many of the interval.
  private static let listShare = 4
  private static let steps: [Duration] = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 1800, 3600].map { .seconds($0) }

  private init(_ interval: Duration, _ reason: Reason) {
    self.interval = Self.steps.first { $0 >= interval } ?? PollSchedule.intervals.upperBound
    self.reason = reason
  }

  /// - Returns: nil if no list was complete.
  package init?(_ survey: ProviderSurvey) {
    guard survey.list.lists > 0 else { return nil }
    let (bytes, wire) = (survey.unchangedBytes, survey.wire)
    let listTime = survey.listTimes.percentile(99)
    var all = [
      Self(.milliseconds(Int64(bytes) * 1000 / Int64(Self.maximumBytesPerSecond)), .bytes(bytes)),
      Self(listTime * Self.listShare, .listTime(listTime)),
      Self(Self.shortest, .nothingAgainst),
    ]
    if survey.shortestTried > Self.shortest { all.append(Self(survey.shortestTried, .untried)) }
    if bytes > Self.cheapBytes { all.append(Self(Self.usual, .bytes(bytes))) }
    if survey.failedLists > 0 { all.append(Self(Self.usual, .failures)) }
    if wire.limits.isNear { all.append(Self(max(survey.interval * 2, Self.usual), .nearLimit)) }
    if wire.limits.throttled > 0 { all.append(Self(max(survey.interval * 2, Self.usual), .throttled)) }
    // Of reasons for the same interval, the last one weighs most.
    self = all.dropFirst().reduce(all[0]) { $1.interval >= $0.interval ? $1 : $0 }
  }
}
