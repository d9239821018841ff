/// One request for a page during a survey, and its reply.
package struct WireExchange: Sendable {
  package let request: HTTPRequest
  /// nil if no whole reply arrived.
  package let response: HTTPResponse?
  /// Wall-clock times, for comparison with the provider's.
  package let sent, received: Timestamp
  package let roundTrip: Duration

  package init(
    request: HTTPRequest, response: HTTPResponse?, sent: Timestamp, received: Timestamp, roundTrip: Duration
  ) {
    self.request = request
    self.response = response
    self.sent = sent
    self.received = received
    self.roundTrip = roundTrip
  }

  fileprivate var isConditional: Bool { request.headers.contains { $0.name == "If-None-Match" } }
}

/// What a provider's replies showed apart from their contents.
package struct WireSurvey: Sendable {
  /// The number of requests for pages.
  package private(set) var requests = 0
  package private(set) var versions: Set<HTTPVersion> = []
  /// From sending a request until the last byte of its reply.
  package private(set) var roundTrips = DelayHistogram()
  package private(set) var gzip = GzipSurvey()
  package private(set) var tags = TagSurvey()
  package private(set) var clock = ClockSurvey()
  package private(set) var limits = LimitSurvey()

  package init() {}

  /// - Parameters:
  ///   - reply: What the reply means; nil for a failure.
  ///   - old: The page at the same position in the last complete scan.
  mutating func take(_ exchange: WireExchange, _ reply: PageReply?, since old: Page?) {
    requests += 1
    guard let response = exchange.response else { return }
    roundTrips.add(exchange.roundTrip)
    if let version = response.version { versions.insert(version) }
    clock.take(response, sent: exchange.sent, received: exchange.received)
    limits.take(response)
    guard let reply else { return }
    gzip.take(response, to: exchange.request)
    tags.take(response, reply, since: old, isConditional: exchange.isConditional)
  }
}

/// Whether pages are compressed, and whether the same page is compressed to the same bytes.
package struct GzipSurvey: Sendable {
  /// The number of pages received that were allowed to be compressed.
  package private(set) var asked = 0
  /// The number of those that were compressed.
  package private(set) var given = 0
  /// The number of compressed replies whose contents equalled those of the compressed reply before.
  package private(set) var compared = 0
  /// The number of those whose compressed bytes, apart from the time in the header, were equal too.
  package private(set) var repeated = 0

  fileprivate mutating func take(_ response: HTTPResponse, to request: HTTPRequest) {
    guard request.acceptsGzip, response.status == 200 else { return }
    asked += 1
    guard let bytes = response.gzip else { return }
    given += 1
    guard case .asExpected = response.body, let expected = request.expectedGzip else { return }
    compared += 1
    if bytes.storage == expected.storage { repeated += 1 }
  }
}

/// Whether pages have an `ETag` that saves sending them again.
package struct TagSurvey: Sendable {
  /// The number of pages received, and of those that had a tag.
  package private(set) var pages = 0
  package private(set) var given = 0
  /// The number of tags that are malformed or too long to be sent back.
  package private(set) var unusable = 0
  package private(set) var weak = 0
  /// The length of the longest tag, in bytes.
  package private(set) var longest = 0
  /// The number of unchanged pages whose tag had changed.
  package private(set) var renewed = 0
  /// The number of changed pages whose tag had not changed.
  package private(set) var contradicted = 0
  /// The number of requests with `If-None-Match`.
  package private(set) var conditional = 0
  /// The number of those that were answered with 304.
  package private(set) var notModified = 0
  /// The number of those that were answered with the whole page although it and its tag had not changed.
  package private(set) var ignored = 0
  /// The size of the largest 304 reply, in bytes.
  package private(set) var notModifiedBytes = 0

  /// Whether an unchanged page always costs no more than a 304.
  package var isHonoured: Bool {
    notModified > 0 && contradicted == 0 && ignored == 0 && renewed == 0 && unusable == 0 && given == pages
  }

  fileprivate mutating func take(
    _ response: HTTPResponse, _ reply: PageReply, since old: Page?, isConditional: Bool
  ) {
    if isConditional { conditional += 1 }
    if response.status == 304 {
      notModified += 1
      notModifiedBytes = max(notModifiedBytes, response.byteCount)
      return
    }
    pages += 1
    if reply.contradictsETag { contradicted += 1 }
    guard let tag = response.headers["etag"] else { return }
    given += 1
    longest = max(longest, tag.utf8.count)
    if tag.utf8.starts(with: "W/".utf8) { weak += 1 }
    guard let usable = reply.validators?.etag else {
      unusable += 1
      return
    }
    guard case .unchanged = reply.content, let before = old?.validators?.etag else { return }
    if usable != before { renewed += 1 } else if isConditional { ignored += 1 }
  }
}

/// How far the provider's clock is ahead of ours, from the `Date` headers of replies.
package struct ClockSurvey: Sendable {
  /// The number of replies with and without a date.
  package private(set) var dated = 0
  package private(set) var undated = 0
  /// The bounds that all replies allow, and the widest ones that any reply allows, in milliseconds.
  private var tight: (least: Int64, most: Int64) = (.min, .max)
  private var wide: (least: Int64, most: Int64) = (.max, .min)

  /// By how much dates may seem to contradict each other, in milliseconds, because clocks are adjusted and drift.
  private static let tolerance: Int64 = 100

  /// Whether the dates contradict each other: they come from several clocks, or from a cache.
  package var isContradictory: Bool { dated > 0 && tight.least - tight.most > Self.tolerance }

  /// How far the provider's clock is ahead, in milliseconds, at least and at most; nil if no reply says.
  package var milliseconds: (least: Int64, most: Int64)? {
    if dated == 0 { return nil }
    return isContradictory ? wide : (min(tight.least, tight.most), max(tight.least, tight.most))
  }

  fileprivate mutating func take(_ response: HTTPResponse, sent: Timestamp, received: Timestamp) {
    guard let date = response.headers["date"].flatMap({ RFC2822Date.seconds(Array($0.utf8)[...]) }) else {
      undated += 1
      return
    }
    dated += 1
    // The date is cut to whole seconds, and was written between sending and receiving.
    let bounds = (least: date * 1000 - received.milliseconds, most: date * 1000 + 1000 - sent.milliseconds)
    tight = (max(tight.least, bounds.least), min(tight.most, bounds.most))
    wide = (min(wide.least, bounds.least), max(wide.most, bounds.most))
  }
}

/// What the provider says about rate limits.
package struct LimitSurvey: Sendable {
  /// The maximum length of a header's name or value that is kept, in characters.
  private static let maximumText = 64

  /// What a pair of headers such as `x-ratelimit-limit` and `x-ratelimit-remaining` says.
  private struct Quota: Sendable {
    var limit: Int?
    var leastRemaining: Int?

    /// How scarce requests were, from 0 to 1; nil unless both headers were there.
    var scarcity: Double? {
      guard let limit, let leastRemaining, limit > 0 else { return nil }
      return 1 - min(Double(leastRemaining) / Double(limit), 1)
    }
  }

  /// The last value of each header about rate limits, made safe to show.
  package private(set) var headers: [String: String] = [:]
  /// Several limits may apply at once. The keys are the names of their headers without the last word.
  private var quotas: [String: Quota] = [:]
  /// The number of 429 replies.
  package private(set) var throttled = 0

  /// The quota that came closest to being used up, the first by name if several did.
  private var closest: Quota? {
    quotas.sorted { $0.key < $1.key }.map(\.value)
      .reduce(nil) { closest, next in
        guard let closest else { return next }
        return next.scarcity ?? -1 > closest.scarcity ?? -1 ? next : closest
      }
  }

  /// The number of requests that are allowed, as the last reply says; nil if none does. Of several limits, the one that
  /// came closest to being used up.
  package var limit: Int? { closest?.limit }
  /// The smallest number of requests that remained of ``limit``; nil if no reply says.
  package var leastRemaining: Int? { closest?.leastRemaining }

  /// Whether less than a tenth of the allowed requests remained.
  package var isNear: Bool {
    guard let limit, let leastRemaining else { return false }
    return leastRemaining * 10 < limit
  }

  fileprivate mutating func take(_ response: HTTPResponse) {
    if response.status == 429 { throttled += 1 }
    // In a fixed order, because only so many headers are kept.
    for (name, value) in response.headers.sorted(by: { $0.key < $1.key }) where HTTPResponse.concernsLimits(name) {
      let name = Self.safe(name)
      guard headers[name] != nil || headers.count < HTTPResponse.maximumLimitHeaders else { continue }
      headers[name] = Self.safe(value)
      guard let number = Int(value), number >= 0, number <= Int(Int32.max) else { continue }
      if let stem = Self.stem(of: name, before: "limit") { quotas[stem, default: Quota()].limit = number }
      if let stem = Self.stem(of: name, before: "remaining") {
        let least = quotas[stem]?.leastRemaining ?? number
        quotas[stem, default: Quota()].leastRemaining = min(least, number)
      }
    }
  }

  private static func stem(of name: String, before word: String) -> String? {
    name.hasSuffix(word) ? String(name.dropLast(word.count)) : nil
  }

  /// Replaces characters that numbers, dates and parameters do not need, and cuts the text.
  private static func safe(_ text: String) -> String {
    var safe = ""
    for scalar in text.unicodeScalars.prefix(maximumText) {
      let isUsual = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
      let isKept = isUsual || " .,;:=_-".unicodeScalars.contains(scalar)
      safe.unicodeScalars.append(isKept ? scalar : "?")
    }
    return safe
  }
}
