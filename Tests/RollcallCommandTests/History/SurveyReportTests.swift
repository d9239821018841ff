import RollcallCore
import RollcallKit
import RollcallServer
import RollcallSimulator
import RollcallTestKit
import Synchronization
import Testing

@testable import rollcall

@Suite(.runsCommands) struct `The report on what a provider offers` {
  private static let topics = [
    "http", "gzip", "etag", "bytes", "round_trip", "clock", "order", "status", "date_updated", "page_size", "limits",
    "interval",
  ]

  private static func run(_ scenario: Scenario, _ options: String..., environment: [String: String] = [:]) throws
    -> (run: CommandRun, space: SimulatedSpace)
  {
    let space = try SimulatedSpace(scenario: scenario, seed: 1)
    defer { space.stop() }
    let account = StateFixture.account(space).merging(environment) { $1 }
    return (try CommandRun(["check", space.conferences[0].sid] + options, environment: account), space)
  }

  @Test func `is one JSON object on request`() throws {
    let (run, space) = try Self.run(.busy, "--for", "2s", "--interval", "200ms", "--format", "json")
    #expect(run.status == 0 && run.errors == "")
    let report = try JSONReader.read(Array(run.output.utf8))
    #expect(run.output.filter { $0 == "\n" }.count == 1)
    #expect(report["provider"]?.asText == "signalwire" && report["ended"]?.asText == "time_over")
    #expect(report["lists"]?["complete"]?.asInteger ?? 0 >= 2 && report["lists"]?["failed"]?.asInteger == 0)
    #expect(report["encrypted"]?.asBool == false && report["http"]?.asArray?.first?.asText == "1.1")
    #expect(report["page_size"]?["honoured"]?.asBool == true && report["statuses"]?["live"]?.asBool == true)
    #expect(report["clock"]?["undated"]?.asInteger == 0)
    #expect(report["findings"]?.asArray?.compactMap { $0["topic"]?.asText } == Self.topics)
    let calls = space.truth(of: space.conferences[0].sid).map(\.callSID).filter { !$0.isEmpty }
    #expect(!calls.isEmpty && calls.allSatisfy { !run.output.contains(bytesOf: $0) })
    #expect(!run.output.contains(bytesOf: space.conferences[0].sid) && !run.output.contains(bytesOf: space.token))
  }

  @Test func `is aligned text by default, after the other checks`() throws {
    let (run, _) = try Self.run(.quiet, "--for=1s", "--interval", "100ms")
    #expect(run.status == 0 && run.errors == "")
    let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let start = try #require(lines.firstIndex { $0.hasPrefix("What SignalWire offers: ") })
    #expect(lines[..<start].filter { $0.hasPrefix("ok: ") }.count == 3 && lines[start - 1] == "")
    for line in lines[start...] { #expect(line.count <= SurveyReport.width && line.last != " ") }
    let labels = lines[start...].filter { !$0.hasPrefix(" ") }.map { String($0.prefix(14)) }
    #expect(labels.contains("date updated  ") && labels.contains("interval      "))
  }

  @Test func `is left out if the conference cannot be surveyed`() throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 1)
    defer { space.stop() }
    let run = try CommandRun(
      ["check", "nobody", "--for", "1h", "--format", "json"], environment: StateFixture.account(space))
    #expect(run.status == ExitStatus.unavailable.code && run.output == "")
    #expect(run.errors.hasPrefix("rollcall: there is no such conference"))
  }

  /// Runs `check --for` against a space whose replies to requests for lists depend on the number of the request.
  private static func check(
    _ reply: @escaping @Sendable (Int) -> ServerReply, _ options: String...
  ) throws -> CommandRun {
    let asked = Mutex(0)
    let server = try HTTPServer { request in
      if request.path.hasSuffix("/Participants") {
        return reply(
          asked.withLock { asked in
            defer { asked += 1 }
            return asked
          })
      }
      let body =
        request.path.hasSuffix("/Conferences") ? #"{"conferences":[]}"# : #"{"sid":"c","status":"in-progress"}"#
      return .json(Array(body.utf8))
    }
    defer { server.stop() }
    let account = [
      "SIGNALWIRE_SPACE": "http://127.0.0.1:\(server.port)", "SIGNALWIRE_PROJECT_ID": "p", "SIGNALWIRE_API_TOKEN": "t",
    ]
    return try CommandRun(["check", "c", "--interval", "100ms"] + options, environment: account)
  }

  @Test(arguments: [(500, ExitStatus.unavailable), (401, .unauthorised), (403, .unauthorised)])
  func `keeps the exit codes of the checks if no list can be read`(status: Int, exit: ExitStatus) throws {
    let run = try Self.check(
      { _ in .json(Array(#"{"code":1,"message":"call +12025550101"}"#.utf8), status: status) }, "--for", "30s")
    #expect(run.status == exit.code)
    let words = run.output.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    #expect(words.contains(bytesOf: "; no list could be read.") && words.contains(bytesOf: "no advice"))
    let findings = try #require(run.output.split(separator: "\n").firstIndex { $0.hasPrefix("What ") })
    #expect(!run.output.split(separator: "\n")[findings...].contains { $0.contains("+12025550101") })
  }

  @Test(arguments: [401, 403])
  func `fails if access is refused in the end`(status: Int) throws {
    let run = try Self.check(
      { $0 < 6 ? .json(Array(FakePerson.page([], conference: "c").bytes)) : .json([], status: status) }, "--for", "3s",
      "--format", "json")
    #expect(run.status == ExitStatus.unauthorised.code && run.errors.hasPrefix("rollcall: "))
    let report = try JSONReader.read(Array(run.output.utf8))
    #expect(report["ended"]?.asText == "refused" && report["lists"]?["complete"]?.asInteger == 3)
  }

  /// Answers requests for lists with pages that depend on the number of the request.
  private final class Pages: HTTPTransport {
    typealias Page = @Sendable (Int) throws(HTTPFailure) -> (page: PaddedBytes, headers: [String: String], status: Int)
    private let page: Page
    private let asked = Mutex(0)

    init(_ page: @escaping @Sendable (Int) -> PaddedBytes) { self.page = { (page($0), [:], 200) } }

    init(answering page: @escaping Page) { self.page = page }

    func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
      guard request.url.reveal().contains(bytesOf: "/Participants") else {
        throw HTTPFailure(.unreachable, "only lists are answered")
      }
      let headers = ["x-ratelimit-account": "\u{1b}[31m+12025550101<>"]
      let number = asked.withLock { asked in
        defer { asked += 1 }
        return asked
      }
      let answer = try page(number)
      let isExpected = request.expected?.storage == answer.page.storage
      return HTTPResponse(
        status: answer.status, headers: headers.merging(answer.headers) { $1 },
        body: isExpected ? .asExpected : .bytes(answer.page),
        version: HTTPVersion(2))
    }
  }

  private static func look(at reply: RecordedReply) -> SurveyReport? {
    let (row, page) = (reply.rows.first, PaddedBytes(reply.bytes))
    return look(
      at: Pages { _ in page }, conference: row?["conference_sid"]?.asText ?? "c",
      project: row?["account_sid"]?.asText ?? "p")
  }

  /// Reads the list five times, with two requests each.
  private static func look(at pages: Pages, conference: String = "c", project: String = "p") -> SurveyReport? {
    guard let sid = ConferenceSID(conference) else { return nil }
    let api = ConferenceAPI(
      transport: pages, origin: "https://example.signalwire.com", project: project, token: Secret("t"))
    let loop = EventLoop(time: SimulatedTime(wallClock: Timestamp(milliseconds: 1_800_000_000_000)))
    let result = Mutex<ProviderSurvey?>(nil)
    Task(executorPreference: loop) {
      let found = await ConferenceSurvey(of: sid, with: api, on: loop, every: .seconds(2), for: .seconds(9)).run {
        _, _ in
      }
      result.withLock { $0 = found }
    }
    loop.run { result.withLock { $0 != nil } }
    return result.withLock { $0 }.map { SurveyReport($0, of: .signalWire) }
  }

  @Test(
    .enabled(if: !RecordedReply.all.isEmpty, "the shared data is absent"), arguments: RecordedReply.all(.participants))
  func `names no participant of a recorded list`(reply: RecordedReply) throws {
    let report = try #require(Self.look(at: reply))
    let json = String(decoding: report.json, as: UTF8.self)
    for row in reply.rows {
      for key in ["call_sid", "account_sid", "conference_sid", "call_sid_to_coach", "label", "uri"] {
        guard let secret = row[key]?.asText, secret.utf8.count > 3 else { continue }
        #expect(!json.contains(bytesOf: secret) && !report.text.contains(bytesOf: secret))
      }
    }
    #expect(!json.contains(bytesOf: "\u{1b}") && !json.contains(bytesOf: "+1202"))
    for line in report.text.split(separator: "\n") { #expect(line.count <= SurveyReport.width) }
    let object = try JSONReader.read(Array(json.utf8))
    #expect(object["findings"]?.asArray?.isEmpty == false)
  }

  private static func finding(_ topic: String, of report: SurveyReport?) throws -> JSONValue {
    let findings = try JSONReader.read(try #require(report).json)["findings"]?.asArray
    return try #require(findings?.first { $0["topic"]?.asText == topic })
  }

  private static func page(_ people: [FakePerson], size: String, next: String = "null") -> PaddedBytes {
    let rows = people.map { $0.row(conference: "c") }.joined(separator: ",")
    return PaddedBytes(Array(#"{"page_size":\#(size),"next_page_uri":\#(next),"participants":[\#(rows)]}"#.utf8))
  }

  @Test(arguments: [
    ("9223372036854775807", "null", "1000 asked for, 9223372036854775807 given", "up to 1000 participants"),
    ("5000", "null", "1000 asked for, 5000 given", "one request for up to 1000 participants"),
    ("1000", "null", "1000, as asked for", "one request"), ("-7", "null", "the pages do not say", "larger conference"),
    // As in the provider's own sample: a page that is not full has a link to another one.
    ("50", #""/api/laml/2010-04-01/Accounts/p/Conferences/c/Participants?PageToken=PA1""#, "50 given", "20 requests"),
  ])
  func `says how many participants one request can return`(said: String, next: String, fact: String, meaning: String)
    throws
  {
    let finding = try Self.finding(
      "page_size", of: Self.look(at: Pages { _ in Self.page([FakePerson("a")], size: said, next: next) }))
    #expect(finding["fact"]?.asText?.contains(bytesOf: fact) == true)
    #expect(finding["meaning"]?.asText?.contains(bytesOf: meaning) == true)
  }

  @Test(arguments: [
    // In some looks the additional request is answered with 304, in others with the whole list and another tag.
    (true, "another tag", "Some polls receive the whole list"), (false, "another tag", "Each poll receives the whole"),
  ])
  func `says how many polls a tag saves`(isSometimesKept: Bool, fact: String, meaning: String) throws {
    let finding = try Self.finding(
      "etag",
      of: Self.look(
        at: Pages(answering: { number in
          let isKept = isSometimesKept && number == 1
          return (FakePerson.page([FakePerson("a")], conference: "c"), ["etag": "\"\(number)\""], isKept ? 304 : 200)
        })))
    #expect(finding["fact"]?.asText?.contains(bytesOf: fact) == true)
    #expect(finding["meaning"]?.asText?.hasPrefix(meaning) == true)
  }

  @Test func `does not say that a list keeps changing if no conditional request was answered`() throws {
    let finding = try Self.finding(
      "etag",
      of: Self.look(
        at: Pages(answering: { number throws(HTTPFailure) in
          guard number == 0 else { throw HTTPFailure(.unreachable, "the connection broke") }
          return (FakePerson.page([FakePerson("a")], conference: "c"), ["etag": "\"a\""], 200)
        })))
    #expect(finding["fact"]?.asText?.contains(bytesOf: "no conditional request was answered") == true)
    #expect(finding["meaning"]?.asText == "Run the check for longer.")
  }

  @Test func `says how many pages have a tag`() throws {
    let finding = try Self.finding(
      "etag",
      of: Self.look(
        at: Pages(answering: { number in
          let tag = number < 2 ? ["etag": "\"\(number)\""] : [:]
          return (FakePerson.page([FakePerson("a\(number)")], conference: "c"), tag, 200)
        })))
    #expect(finding["fact"]?.asText == "only 2 of 10 pages had a tag that can be sent back (strong)")
  }

  @Test func `does not name the host in failures`() throws {
    let report = try #require(
      Self.look(
        at: Pages(answering: { number throws(HTTPFailure) in
          guard number < 3 else {
            throw HTTPFailure(.unreachable, "could not connect to example.signalwire.com port 443")
          }
          return (FakePerson.page([FakePerson("a")], conference: "c"), [:], 200)
        })))
    for text in [String(decoding: report.json, as: UTF8.self), report.text] {
      #expect(text.contains(bytesOf: "could not connect to the") && !text.contains(bytesOf: "example"))
    }
    let finding = try Self.finding("failures", of: report)
    #expect(finding["fact"]?.asText?.contains(bytesOf: ", and 1 of the requests after them: ") == true)
  }

  @Test func `does not mistake one change in a large room for dates that move by themselves`() throws {
    let finding = try Self.finding(
      "date_updated",
      of: Self.look(
        at: Pages { number in
          let people = (0..<50).map { name in
            var person = FakePerson("p\(name)")
            person.updated = number < 4 ? 0 : 9
            return person
          }
          return FakePerson.page(people, conference: "c")
        }))
    #expect(finding["level"]?.asText == "note")
    #expect(finding["fact"]?.asText == "moved 50 times without a change that could be seen")
  }

  @Test(arguments: [
    (3, "moved once without a change that could be seen"), (1, "moved 4 times although nothing else had changed"),
  ]) func `distinguishes a missed change from dates that move by themselves`(looks: Int, fact: String) throws {
    let report = try #require(
      Self.look(
        at: Pages { number in
          var person = FakePerson("a")
          person.updated = number / 2 / looks
          return FakePerson.page([person], conference: "c")
        }))
    #expect(try JSONReader.read(report.json)["findings"]?.asArray?.contains { $0["fact"]?.asText == fact } == true)
  }

  @Test(arguments: [
    ("check c --for 0s", "invalid value \"0s\" for --for: expected a duration from 1s to 1h, such as 2s"),
    ("check c --for 2h", "invalid value \"2h\" for --for: expected a duration from 1s to 1h, such as 2s"),
    ("check --for 30s", "--for needs a conference; give rollcall check <conference-sid> --for 30s"),
    ("check c --interval 1s", "--interval has no effect without --for; give --for too, such as --for 30s"),
    ("check c --format json", "--format has no effect without --for; give --for too, such as --for 30s"),
    (
      "check c --for 30s --interval 30s",
      "30s is too short for two polls 30s apart; give a longer --for or a shorter --interval"
    ),
  ]) func `rejects options that have no effect`(line: String, message: String) {
    let error = CommandLineProbe.error(line.split(separator: " ").map(String.init))
    #expect(error?.message == message && error?.exit == .usage)
  }

  @Test(arguments: [
    (["check", "c", "--for", "1m"], true), (["check", "--for=1m", "c"], true), (["check", "c"], false),
    (["check", "--", "--for"], false),
  ]) func `only a survey handles signals`(arguments: [String], isHandled: Bool) {
    #expect((CheckCommand.statusIfNotBegun(with: arguments) != nil) == isHandled)
  }
}
