import RollcallCore
import RollcallKit

/// One thing that a survey has found out about a provider, and what it means for polling.
struct SurveyFinding: Sendable {
  enum Level: String, Sendable {
    case good
    /// Has a cost, or could not be observed.
    case note
    case warning
  }

  enum Topic: String, Sendable {
    case http
    case gzip
    case etag
    case bytes
    case roundTrip = "round_trip"
    case clock
    case order
    case status
    case dateUpdated = "date_updated"
    case pageSize = "page_size"
    case limits
    case failures
    case interval
  }

  let topic: Topic
  let level: Level
  /// What was observed.
  let fact: String
  /// What that means for `--interval`, or for the events of a watch.
  let meaning: String

  init(_ topic: Topic, _ fact: String, _ meaning: String) { self.init(topic, .good, fact, meaning) }

  init(_ topic: Topic, _ level: Level, _ fact: String, _ meaning: String) {
    self.topic = topic
    self.level = level
    self.fact = fact
    self.meaning = meaning
  }
}

/// Describes a survey's findings in sentences without anything that identifies a participant.
struct SurveyFindings: Sendable {
  private let survey: ProviderSurvey

  init(_ survey: ProviderSurvey) { self.survey = survey }

  /// All findings, the advice last. Topics without observations are left out.
  var all: [SurveyFinding] {
    let ofLists = survey.list.lists > 0 ? [gzip, etag, bytes, roundTrip] : []
    let ofPeople = survey.list.lists > 0 ? [order, status, dateUpdated, pageSize] : []
    return ([http] + ofLists + [clock] + ofPeople + [limits, failures, interval]).compactMap(\.self)
  }

  private static let wholeList = "Each poll receives the whole list."
  private static let sometimesWhole = "Some polls receive the whole list although nothing has changed."

  private var http: SurveyFinding? {
    guard !survey.wire.versions.isEmpty else { return nil }
    let versions = survey.wire.versions.sorted().map { "HTTP/\($0.text)" }.joined(separator: " and ")
    guard survey.isEncrypted else {
      return SurveyFinding(
        .http, .note, "\(versions), not encrypted",
        "Over TLS the same provider may offer HTTP/2 and gzip, so run this check there too.")
    }
    return survey.wire.versions == [HTTPVersion(2)]
      ? SurveyFinding(.http, versions, "All polls share one connection, however short the interval.")
      : SurveyFinding(
        .http, .note, versions, "Each request in flight needs a connection, which matters only for many conferences.")
  }

  private var gzip: SurveyFinding {
    let gzip = survey.wire.gzip
    guard survey.isEncrypted else { return SurveyFinding(.gzip, .note, "not asked for without TLS", Self.wholeList) }
    guard gzip.given > 0 else { return SurveyFinding(.gzip, .note, "asked for, but not given", Self.wholeList) }
    let sizes = "\(Self.size(survey.list.bytes)) become \(Self.size(survey.listBytes))"
    if gzip.compared == 0 {
      return SurveyFinding(
        .gzip, .note, "given (\(sizes)); no list came twice, so it is unknown whether it is repeatable",
        "Each poll inflates the list.")
    }
    return gzip.repeated == gzip.compared
      ? SurveyFinding(
        .gzip, "repeatable (\(sizes)): the same bytes for the same list, \(gzip.repeated) of \(gzip.compared) times",
        "An unchanged list is recognised without inflating it, so short intervals cost little CPU.")
      : SurveyFinding(
        .gzip, .note,
        "not repeatable (\(sizes)): the same bytes for the same list \(gzip.repeated) of \(gzip.compared) times",
        "Each poll inflates the list to compare it, which costs CPU at short intervals.")
  }

  private var etag: SurveyFinding {
    let tags = survey.wire.tags
    if tags.given == 0 { return SurveyFinding(.etag, .note, "none", "An unchanged list is sent again in each poll.") }
    if tags.unusable == tags.given {
      return SurveyFinding(
        .etag, .warning,
        "not usable: malformed or too long (\(tags.longest) bytes; at most \(EntityTag.maximumBytes) are sent back)",
        Self.wholeList)
    }
    let form = tags.weak == 0 ? "strong" : tags.weak == tags.given ? "weak" : "weak and strong"
    if tags.contradicted > 0 {
      return SurveyFinding(
        .etag, .warning, "wrong: \(Self.times(tags.contradicted)) a changed list had the same tag as before (\(form))",
        "A watch finds that out within a minute, and then receives the whole list in each poll.")
    }
    let cost = tags.notModified > 0 ? Self.sometimesWhole : Self.wholeList
    if tags.ignored > 0 {
      return SurveyFinding(
        .etag, .note,
        "given (\(form)), but If-None-Match was ignored \(tags.ignored) of \(tags.conditional) times", cost)
    }
    if tags.renewed > 0 {
      return SurveyFinding(
        .etag, .note, "given (\(form)), but \(Self.times(tags.renewed)) an unchanged list had another tag than before",
        cost)
    }
    let usable = tags.given - tags.unusable
    if usable < tags.pages {
      return SurveyFinding(
        .etag, .note, "only \(usable) of \(Self.count(tags.pages, "page")) had a tag that can be sent back (\(form))",
        cost)
    }
    guard tags.conditional > 0 else {
      return SurveyFinding(
        .etag, .note, "given (\(form)); no conditional request was answered, so it is unknown whether it is honoured",
        "Run the check for longer.")
    }
    guard tags.notModified > 0 else {
      return SurveyFinding(
        .etag, .note, "given (\(form)); no list stayed the same long enough to see whether it is honoured",
        "Run the check on a quieter conference.")
    }
    let untested = survey.list.changed == 0 ? "; no list changed, so it is unknown whether tags change with it" : ""
    return SurveyFinding(
      .etag, "honoured (\(form)): 304 for \(tags.notModified) of \(tags.conditional) conditional requests\(untested)",
      "An unchanged list costs \(Self.size(tags.notModifiedBytes)), so short intervals are cheap.")
  }

  private var bytes: SurveyFinding {
    let pages = Self.count(survey.list.pages, "page")
    let received = survey.listBytes > 0 ? ", \(Self.size(survey.listBytes)) as received" : ""
    let perSecond = Int64(survey.unchangedBytes) * 1000 / max(survey.interval.wholeMilliseconds, 1)
    return SurveyFinding(
      .bytes, "a list has \(Self.size(survey.list.bytes)) in \(pages)\(received)",
      "Every \(DurationText.format(survey.interval)), that is \(Self.size(Int(perSecond))) a second while nothing changes."
    )
  }

  private var roundTrip: SurveyFinding {
    let (trips, lists) = (survey.wire.roundTrips, survey.listTimes)
    let latest = Self.time(survey.interval + lists.percentile(99))
    return SurveyFinding(
      .roundTrip,
      "p50 \(Self.time(trips.percentile(50))), p99 \(Self.time(trips.percentile(99))) of \(trips.count) requests;"
        + " a whole list p99 \(Self.time(lists.percentile(99)))",
      "A change is seen up to \(latest) after it happened.")
  }

  private var clock: SurveyFinding? {
    let clock = survey.wire.clock
    guard clock.dated + clock.undated > 0 else { return nil }
    guard let (least, most) = clock.milliseconds else {
      return SurveyFinding(
        .clock, .warning, "no Date header",
        "Joins cannot be dated more exactly than by the interval.")
    }
    let difference = Self.difference(least, most)
    if clock.isContradictory {
      return SurveyFinding(
        .clock, .warning, "\(difference), and the Date headers contradict each other, so several clocks or a cache",
        "occurred_after of joins can be wrong by that much; a shorter interval bounds it.")
    }
    let isFar = max(abs(least), abs(most)) > CheckCommand.clockTolerance.wholeMilliseconds
    return SurveyFinding(
      .clock, isFar ? .warning : .good, difference,
      isFar ? "Set this machine's clock, because receivers compare times." : "It does not matter for --interval.")
  }
}

// MARK: The list

extension SurveyFindings {
  private var order: SurveyFinding {
    let order = survey.list.order
    guard order.isKnown else {
      return SurveyFinding(
        .order, .note, "fewer than two participants, so there is no order to see", "It does not matter for --interval.")
    }
    let name =
      switch order.order {
      case .newestFirst: "the newest participant first"
      case .oldestFirst: "the oldest participant first"
      case .callSID: "by call sid"
      case .callSIDDescending: "by call sid, descending"
      case nil: "neither by date_created nor by call sid"
      }
    guard order.reordered > 0 else {
      return SurveyFinding(.order, name, "It does not matter for --interval: participants are compared by call sid.")
    }
    let lists = Self.count(order.reordered, "list")
    return SurveyFinding(
      .order, survey.list.pages > 1 ? .warning : .note, "\(name); participants who stayed changed places in \(lists)",
      survey.list.pages > 1
        ? "Participants can be missed between pages; each one is then asked for, which takes requests at short intervals."
        : "On one page it does not matter; on several, participants can be missed between pages.")
  }

  private var status: SurveyFinding {
    let statuses = survey.list.statuses
    let seen = statuses.most.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\($0.key) (\($0.value))" }.joined(separator: ", ")
    if seen.isEmpty {
      return SurveyFinding(.status, .note, "no participants were listed", "It is unknown whether statuses are live.")
    }
    return statuses.areLive
      ? SurveyFinding(
        .status, "live: \(seen)", "A row that turns completed is a departure and needs no further request.")
      : SurveyFinding(
        .status, .note, "not live: \(seen)",
        "Statuses say nothing; if all rows are completed, each poll asks for the conference too.")
  }

  private var dateUpdated: SurveyFinding {
    let dates = survey.list.dates
    if dates.rows > 0, dates.unreadable == dates.rows {
      return SurveyFinding(
        .dateUpdated, .warning, "missing or unreadable in every row", "An outdated reply cannot be told from a new one."
      )
    }
    // A few such moves are changes that were undone before the next look.
    if dates.movedAlone > dates.moved, dates.listsMovedAlone * 2 >= survey.list.lists {
      return SurveyFinding(
        .dateUpdated, .warning, "moved \(Self.times(dates.movedAlone)) although nothing else had changed",
        "Lists differ without a change, so neither ETag nor gzip saves anything.")
    }
    let alone = "\(Self.times(dates.movedAlone)) without a change that could be seen"
    let missed = "A state changed and changed back between two polls; a shorter interval would show it."
    if dates.changes == 0, dates.movedAlone > 0 {
      return SurveyFinding(.dateUpdated, .note, "moved \(alone)", missed)
    }
    if dates.changes == 0 {
      return SurveyFinding(
        .dateUpdated, .note, "no state changed, so it is unknown whether it moves",
        "Mute a participant during the next check.")
    }
    let fact = "moved with \(dates.moved) of \(Self.count(dates.changes, "change"))"
    guard dates.moved < dates.changes else {
      if dates.movedAlone > 0 { return SurveyFinding(.dateUpdated, .note, "\(fact), and \(alone)", missed) }
      return SurveyFinding(.dateUpdated, fact, "An outdated reply is recognised and ignored.")
    }
    let back = dates.backward > 0 ? ", and back with \(dates.backward)" : ""
    return SurveyFinding(
      .dateUpdated, .warning, fact + back,
      dates.backward > 0
        ? "Changes whose date moves back are believed only after three polls, so use a short interval."
        : "An outdated reply can pass for a new one.")
  }

  private var pageSize: SurveyFinding {
    let size = survey.list.pageSize
    guard let asked = survey.pageSizeAsked else {
      return SurveyFinding(
        .pageSize, .note, "the provider determines it; the largest page has \(Self.count(size.largest, "row"))",
        "A list of several pages takes as many requests.")
    }
    switch size.isHonoured(asked: asked) {
    case true:
      let more = size.given.flatMap { $0 > asked ? $0 : nil }
      return SurveyFinding(
        .pageSize, more.map { "\(asked) asked for, \($0) given" } ?? "\(asked), as asked for",
        "A poll takes one request for up to \(asked) participants.")
    case false:
      let given = min(max(size.given ?? asked, 1), asked)
      let requests = (asked + given - 1) / given
      return SurveyFinding(
        .pageSize, .warning, "\(asked) asked for, \(given) given",
        "A list of \(asked) participants takes \(Self.count(requests, "request")); large conferences need longer intervals."
      )
    case nil:
      return SurveyFinding(
        .pageSize, .note,
        "\(asked) asked for; the pages do not say, and the largest has \(Self.count(size.largest, "row"))",
        "Run the check on a larger conference.")
    }
  }
}

// MARK: Limits, failures and the advice

extension SurveyFindings {
  private var limits: SurveyFinding? {
    let limits = survey.wire.limits
    guard !survey.wire.versions.isEmpty || limits.throttled > 0 else { return nil }
    let headers = limits.headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    let seen = headers.isEmpty ? "no rate-limit headers" : headers
    let least = limits.leastRemaining.map { "; at least \($0) remained" } ?? ""
    guard limits.throttled > 0 else {
      return SurveyFinding(
        .limits, limits.isNear ? .warning : .good, "no 429; \(seen)\(least)",
        limits.isNear
          ? "More conferences, or a shorter interval, would be throttled."
          : "One conference at this interval is within the limits.")
    }
    return SurveyFinding(
      .limits, .warning, "429 for \(limits.throttled) of \(survey.wire.requests) requests; \(seen)\(least)",
      "The interval is too short for this account, or something else uses up its limit.")
  }

  private var failures: SurveyFinding? {
    let (lists, repeats) = (survey.failedLists, survey.failedRepeats)
    guard lists + repeats > 0 else { return nil }
    let kinds = survey.failures.map { "\($0.count) × \($0.words)" }.joined(separator: ", ")
    guard repeats == 0 else {
      return SurveyFinding(
        .failures, lists > 0 ? .warning : .note,
        "\(lists) of \(Self.count(survey.looks, "list")) failed, and \(repeats) of the requests after them: \(kinds)",
        "A watch does not send the requests after the list; a failed list is read again, so changes are seen later.")
    }
    return SurveyFinding(
      .failures, .warning, "\(lists) of \(Self.count(survey.looks, "list")) failed: \(kinds)",
      "A failed poll changes nothing and is repeated, so changes are seen later.")
  }

  private var interval: SurveyFinding {
    guard let advice = IntervalAdvice(survey) else {
      return SurveyFinding(.interval, .warning, "no advice", "No complete list could be read.")
    }
    let rate = "\(survey.requestsPerLook) requests every \(DurationText.format(survey.interval))"
    let reason =
      switch advice.reason {
      case .nothingAgainst: "Nothing that was found rules it out; a state that lasts less than that can be missed."
      case .untried:
        "This check sent \(rate); run it with a shorter --interval to find out whether the provider allows more."
      case .bytes(let count): "An unchanged list costs \(Self.size(count)) in each poll."
      case .failures: "Some lists failed, so do not poll more often than usual."
      case .listTime(let time):
        "A list takes up to \(Self.time(time)), which should be at most a quarter of the interval."
      case .throttled: "The provider throttled this check, which sent \(rate)."
      case .nearLimit: "Less than a tenth of the allowed requests remained after \(rate)."
      }
    return SurveyFinding(.interval, "--interval \(DurationText.format(advice.interval))", reason)
  }
}

// MARK: Quantities

extension SurveyFindings {
  static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

  private static func times(_ number: Int) -> String { number == 1 ? "once" : "\(number) times" }

  /// Formats a size, such as `512 bytes`, `6.4 kB` or `1.2 MB`.
  static func size(_ bytes: Int) -> String {
    switch bytes {
    case ..<1000: count(bytes, "byte")
    case ..<999_950: "\(tenths(Int64(bytes + 50) / 100)) kB"
    default: "\(tenths(Int64(bytes + 50_000) / 100_000)) MB"
    }
  }

  /// Formats a duration, such as `38 ms` or `1.2 s`.
  static func time(_ duration: Duration) -> String {
    let milliseconds = duration.wholeMilliseconds
    if milliseconds < 1 { return "under 1 ms" }
    return milliseconds < 1000 ? "\(milliseconds) ms" : SpokenDuration.text(milliseconds: milliseconds)
  }

  private static func tenths(_ number: Int64) -> String { "\(number / 10).\(number % 10)" }

  /// Describes how far the provider's clock is from ours, with bounds in milliseconds rounded away from each other.
  private static func difference(_ least: Int64, _ most: Int64) -> String {
    func text(_ least: Int64, _ most: Int64) -> String { "\(tenths(least / 100)) to \(tenths((most + 99) / 100)) s" }
    if least > 0 { return "the provider's is \(text(least, most)) ahead of ours" }
    if most < 0 { return "the provider's is \(text(-most, -least)) behind ours" }
    return "at most \(tenths((max(-least, most) + 99) / 100)) s from ours"
  }
}
