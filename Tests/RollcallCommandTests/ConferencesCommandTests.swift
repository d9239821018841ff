import RollcallCore
import RollcallKit
import RollcallServer
import RollcallSimulator
import Testing

@testable import rollcall

@Suite(.runsCommands) struct `The list of conferences` {
  private static let keys = ["conference_sid", "friendly_name", "status", "participants", "date_created"]

  private static func rows(_ run: CommandRun) throws -> [JSONValue] {
    try run.output.split(separator: "\n").map { try JSONReader.read(Array($0.utf8)) }
  }

  @Test func `shows the conferences of the space and how many participants each has`() throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 1)
    defer { space.stop() }
    let run = try CommandRun(["conferences"], environment: StateFixture.account(space))
    #expect(run.status == 0 && run.errors == "")
    let row = try #require(try Self.rows(run).first)
    let conference = space.conferences[0]
    #expect(row.asObject?.map(\.key) == Self.keys)
    #expect(row["conference_sid"]?.asText == conference.sid && row["friendly_name"]?.asText == conference.friendlyName)
    #expect(row["status"]?.asText == "in-progress" && row["participants"]?.asInteger == 3)
    #expect(row["date_created"]?.asText.flatMap(Timestamp.init(rfc3339:)) != nil)
  }

  @Test func `exits with 77 and the provider's message if it refuses the token`() throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 1)
    defer { space.stop() }
    let environment = StateFixture.account(space).merging(["SIGNALWIRE_API_TOKEN": "wrong"]) { $1 }
    let run = try CommandRun(["conferences"], environment: environment)
    #expect(run.status == ExitStatus.unauthorised.code && run.output == "")
    #expect(
      run.errors == "rollcall: the provider refused the token: 20003 Authentication failed; check the token"
        + " (SIGNALWIRE_API_TOKEN or --token-file) and the project id\n")
  }

  /// Starts a provider that filters by status but not by name. It has a conference that starts between two answers, one
  /// that ends before it is counted, one whose participants may not be listed, and one that has ended.
  private static func provider() throws -> HTTPServer {
    func conference(_ sid: String, _ name: String, _ status: String, _ date: String = "null") -> String {
      #"{"sid":"\#(sid)","friendly_name":"\#(name)","status":"\#(status)","date_created":\#(date)}"#
    }
    let lists = [
      "init": [conference("C1", "sales", "init")],
      "in-progress": [
        conference("C1", "sales", "in-progress", #""Mon, 23 Nov 2026 09:43:00 +0000""#),
        conference("C2", "support", "in-progress"), conference("C3", "sales 2", "in-progress", #""soon""#),
      ],
      "": [conference("C1", "sales", "in-progress"), conference("C4", "sales", "completed")],
    ]
    return try HTTPServer { request in
      guard !request.path.hasSuffix("/Conferences") else {
        let status = request.query.split(separator: "&").first { $0.hasPrefix("Status=") }?.dropFirst(7) ?? ""
        let list = lists[String(status)]?.joined(separator: ",") ?? ""
        return .json(Array(#"{"conferences":[\#(list)],"next_page_uri":null}"#.utf8))
      }
      guard request.path.contains("/C1/") else {
        return .json(Array(#"{"code":20404,"message":"gone"}"#.utf8), status: request.path.contains("/C2/") ? 404 : 503)
      }
      let people = ["in-progress", "ringing", "completed", "in-progress"].enumerated().map { index, status in
        #"{"call_sid":"p\#(index)","conference_sid":"C1","status":"\#(status)"}"#
      }
      return .json(Array(#"{"participants":[\#(people.joined(separator: ","))],"next_page_uri":null}"#.utf8))
    }
  }

  private static func run(_ options: String...) throws -> CommandRun {
    let server = try provider()
    defer { server.stop() }
    let environment = [
      "SIGNALWIRE_SPACE": "http://127.0.0.1:\(server.port)", "SIGNALWIRE_PROJECT_ID": "p", "SIGNALWIRE_API_TOKEN": "t",
    ]
    return try CommandRun(["conferences"] + options, environment: environment)
  }

  @Test func `shows each conference once, with its latest state and the number of participants in the room`() throws {
    let run = try Self.run()
    #expect(
      run.output == """
        {"conference_sid":"C1","friendly_name":"sales","status":"in-progress","participants":2,"date_created":"2026-11-23T09:43:00.000Z"}
        {"conference_sid":"C2","friendly_name":"support","status":"in-progress","participants":null,"date_created":null}
        {"conference_sid":"C3","friendly_name":"sales 2","status":"in-progress","participants":null,"date_created":null}

        """)
    #expect(run.status == 0)
    #expect(
      run.errors
        == "rollcall: warning: participants could not be counted in every conference: the provider answered 503: 20404 gone; try"
        + " again later\n")
  }

  @Test func `can be limited by name`() throws {
    let sids = { (run: CommandRun) in try Self.rows(run).map { $0["conference_sid"]?.asText } }
    #expect(try sids(Self.run("--name", "sales")) == ["C1"])
    #expect(try sids(Self.run("--name", "sales*")) == ["C1", "C3"])
    #expect(try sids(Self.run("--name", "Sales")) == [])
  }

  @Test func `includes ended conferences on request, without numbers of participants`() throws {
    let rows = try Self.rows(Self.run("--all-statuses"))
    #expect(rows.map { $0["status"]?.asText } == ["in-progress", "completed"])
    #expect(rows[0]["participants"]?.asInteger == 2 && rows[1]["participants"] == .null)
  }

  @Test func `is a table on a terminal`() throws {
    let conferences = [
      Conference(
        sid: try #require(ConferenceSID("CF-1")), friendlyName: "support\u{1B}[2J", status: "in-progress",
        dateCreated: CommandLineProbe.now),
      Conference(sid: try #require(ConferenceSID("CF-2")), friendlyName: "", status: "init"),
    ]
    let counts = [conferences[0].sid: 12]
    #expect(
      ConferencesCommand.table(conferences, counts, zone: .utc).render() == #"""
        NAME              STATUS       PEOPLE  SINCE                CONFERENCE
        support\u{1B}[2J  in-progress  12      2026-11-23 09:43:20  CF-1
                          init                                      CF-2

        """#)
    #expect(try Self.run("--name", "nobody", "--format", "text").errors.hasPrefix("rollcall: no conferences found; "))
  }

  @Test(arguments: [
    Mistake(
      "conferences", "x", line: "conferences does not take \"x\"; rollcall help conferences shows what it takes"),
    Mistake(
      "conferences", "--format", "table", line: #"invalid value "table" for --format: expected text or ndjson"#),
    Mistake("conferences", "--name=", line: "--name needs a value; give --name NAME"),
    Mistake(
      "conferences", "--name", String(repeating: "n", count: 1025), line: "--name is too long; give at most 1024 bytes"),
  ]) func `a usage error says what to do`(mistake: Mistake) { mistake.check() }

  @Test(arguments: [60, 80, 120]) func `never cuts a sid in its table`(columns: Int) throws {
    let sid = "87a66450-e791-4021-8796-beaa8f8bb41c"
    let conference = Conference(
      sid: try #require(ConferenceSID(sid)), friendlyName: "support for the northern region", status: "in-progress")
    let table = ConferencesCommand.table([conference], [:], zone: .utc).render(
      TerminalCapabilities(hasColour: false) { columns })
    #expect(table.split(separator: "\n").allSatisfy { $0.count <= columns })
    #expect(table.contains(sid))
  }
}
