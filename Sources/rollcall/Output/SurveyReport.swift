import RollcallCore
import RollcallKit

/// What a survey has found, for people or for programs.
struct SurveyReport: Sendable {
  /// The maximum width of the text, in columns.
  static let width = 80
  /// The column at which sentences begin.
  private static let indent = 14

  private let survey: ProviderSurvey
  private let provider: Provider
  private let findings: [SurveyFinding]

  init(_ survey: ProviderSurvey, of provider: Provider) {
    self.survey = survey
    self.provider = provider
    findings = SurveyFindings(survey).all
  }

  // MARK: Text

  var text: String {
    var lines = HelpText.wrapped(heading, indent: "", to: Self.width)
    for finding in findings {
      let label = finding.topic.rawValue.split(separator: "_").joined(separator: " ")
      let margin = String(repeating: " ", count: Self.indent)
      let fact = finding.level == .warning ? "warning: \(finding.fact)" : finding.fact
      var sentence = HelpText.wrapped(fact, indent: margin, to: Self.width)
      sentence[0] = label + sentence[0].dropFirst(label.count)
      lines += [""] + sentence + HelpText.wrapped(finding.meaning, indent: margin, to: Self.width)
    }
    return lines.map { TerminalText.sanitised($0) + "\n" }.joined()
  }

  private var heading: String {
    let people =
      switch survey.list.people {
      case nil: ""
      case .some(let range) where range.lowerBound == range.upperBound: ", \(range.lowerBound) in the room"
      case .some(let range): ", \(range.lowerBound) to \(range.upperBound) in the room"
      }
    let lists = SurveyFindings.count(survey.list.lists, "list")
    let requests = SurveyFindings.count(survey.wire.requests, "request")
    let length = SpokenDuration.text(milliseconds: survey.length.wholeMilliseconds)
    return "What \(provider.dialect.name) offers: \(lists) in \(length), every \(DurationText.format(survey.interval)),"
      + " \(requests)\(people)\(ending)."
  }

  private var ending: String {
    switch survey.end {
    case .timeOver: ""
    case .interrupted: "; interrupted"
    case .conferenceEnded: "; then the conference ended"
    case .paused: "; then the provider demanded a pause"
    case .refused: "; then the provider refused access"
    case .failing: "; no list could be read"
    }
  }

  // MARK: JSON

  /// One line with everything that was counted and measured, and the findings.
  var json: [UInt8] {
    JSONObject.of { report in
      report.add("rollcall", text: RollcallVersion.number)
      report.add("provider", text: provider.rawValue)
      report.add("interval_ms", survey.interval.wholeMilliseconds)
      report.add("length_ms", survey.length.wholeMilliseconds)
      report.add("ended", text: survey.end.rawValue)
      report.add("requests", Int64(survey.wire.requests))
      addWire(to: &report)
      addList(to: &report)
      report.add("failures", survey.failures.map(Self.failure))
      report.add("advised_interval_ms", IntervalAdvice(survey)?.interval.wholeMilliseconds)
      report.add("findings", findings.map(Self.finding))
    } + [UInt8(ascii: "\n")]
  }

  private func addWire(to report: inout JSONObject) {
    let wire = survey.wire
    report.add("encrypted", survey.isEncrypted)
    report.add(
      "http",
      wire.versions.sorted().map { version in
        var text: [UInt8] = []
        JSONText.append(version.text, to: &text)
        return text
      })
    report.add("gzip") {
      $0.add("asked", Int64(wire.gzip.asked))
      $0.add("given", Int64(wire.gzip.given))
      $0.add("compared", Int64(wire.gzip.compared))
      $0.add("repeated", Int64(wire.gzip.repeated))
    }
    report.add("etag") {
      $0.add("pages", Int64(wire.tags.pages))
      $0.add("given", Int64(wire.tags.given))
      $0.add("weak", Int64(wire.tags.weak))
      $0.add("unusable", Int64(wire.tags.unusable))
      $0.add("longest_bytes", Int64(wire.tags.longest))
      $0.add("conditional", Int64(wire.tags.conditional))
      $0.add("not_modified", Int64(wire.tags.notModified))
      $0.add("not_modified_bytes", Int64(wire.tags.notModifiedBytes))
      $0.add("ignored", Int64(wire.tags.ignored))
      $0.add("renewed", Int64(wire.tags.renewed))
      $0.add("contradicted", Int64(wire.tags.contradicted))
    }
    report.add("round_trip_ms") { Self.add(wire.roundTrips, to: &$0) }
    report.add("list_ms") { Self.add(survey.listTimes, to: &$0) }
    report.add("clock") {
      $0.add("dated", Int64(wire.clock.dated))
      $0.add("undated", Int64(wire.clock.undated))
      $0.add("least_ms", wire.clock.milliseconds?.least)
      $0.add("most_ms", wire.clock.milliseconds?.most)
      $0.add("contradictory", wire.clock.isContradictory)
    }
    report.add("limits") { limits in
      limits.add("throttled", Int64(wire.limits.throttled))
      limits.add("limit", wire.limits.limit.map(Int64.init))
      limits.add("least_remaining", wire.limits.leastRemaining.map(Int64.init))
      limits.add("headers") { headers in
        for (name, value) in wire.limits.headers.sorted(by: { $0.key < $1.key }) { headers.add(name, text: value) }
      }
    }
  }

  private func addList(to report: inout JSONObject) {
    let list = survey.list
    report.add("lists") {
      $0.add("complete", Int64(list.lists))
      $0.add("changed", Int64(list.changed))
      $0.add("failed", Int64(survey.failedLists))
      $0.add("failed_repeats", Int64(survey.failedRepeats))
      $0.add("pages", Int64(list.pages))
      $0.add("bytes", Int64(list.bytes))
      $0.add("received_bytes", Int64(survey.listBytes))
    }
    report.add("people") {
      $0.add("least", (list.people?.lowerBound).map(Int64.init))
      $0.add("most", (list.people?.upperBound).map(Int64.init))
    }
    report.add("order") {
      $0.add("by", text: list.order.order?.rawValue)
      $0.add("reordered", Int64(list.order.reordered))
    }
    report.add("statuses") { statuses in
      statuses.add("live", list.statuses.most.isEmpty ? nil : list.statuses.areLive)
      statuses.add("most") { most in
        for (status, count) in list.statuses.most.sorted(by: { $0.key < $1.key }) { most.add(status, Int64(count)) }
      }
    }
    report.add("date_updated") {
      $0.add("rows", Int64(list.dates.rows))
      $0.add("unreadable", Int64(list.dates.unreadable))
      $0.add("changes", Int64(list.dates.changes))
      $0.add("moved", Int64(list.dates.moved))
      $0.add("still", Int64(list.dates.still))
      $0.add("backward", Int64(list.dates.backward))
      $0.add("moved_alone", Int64(list.dates.movedAlone))
      $0.add("lists_moved_alone", Int64(list.dates.listsMovedAlone))
    }
    report.add("page_size") {
      $0.add("asked", survey.pageSizeAsked.map(Int64.init))
      $0.add("said", list.pageSize.said.map(Int64.init))
      $0.add("largest", Int64(list.pageSize.largest))
      $0.add("largest_followed", list.pageSize.largestFollowed.map(Int64.init))
      $0.add("honoured", survey.pageSizeAsked.flatMap(list.pageSize.isHonoured))
    }
  }

  private static func add(_ delays: DelayHistogram, to object: inout JSONObject) {
    object.add("count", Int64(delays.count))
    object.add("p50", delays.percentile(50).wholeMilliseconds)
    object.add("p99", delays.percentile(99).wholeMilliseconds)
  }

  private static func failure(_ failure: ProviderSurvey.Failure) -> [UInt8] {
    JSONObject.of {
      $0.add("count", Int64(failure.count))
      $0.add("failure", text: failure.words)
    }
  }

  private static func finding(_ finding: SurveyFinding) -> [UInt8] {
    JSONObject.of {
      $0.add("topic", text: finding.topic.rawValue)
      $0.add("level", text: finding.level.rawValue)
      $0.add("fact", text: finding.fact)
      $0.add("meaning", text: finding.meaning)
    }
  }
}
