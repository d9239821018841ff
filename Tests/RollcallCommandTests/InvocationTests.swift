import RollcallCore
import Testing

@testable import rollcall

@Suite struct InvocationTests {
  @Test func `list reads its filters and its page`() throws {
    let options = try CommandLineProbe.list(
      "list c --muted true --hold=false --page-size 1000 --page 0 --page-token PB9 --format ndjson", terminal: true)
    #expect(options.conference.text == "c")
    #expect(options.muted == true)
    #expect(options.hold == false)
    #expect(options.pageSize == 1000)
    #expect(options.page == 0)
    #expect(options.pageToken?.text == "PB9")
    #expect(options.display.format == .ndjson)
  }

  @Test func `list writes rows on a terminal and lines elsewhere`() throws {
    #expect(try CommandLineProbe.list("list c", terminal: true).display.format == .text)
    let piped = try CommandLineProbe.list("list c", terminal: false)
    #expect(piped.display.format == .ndjson)
    #expect(piped.muted == nil && piped.hold == nil && piped.pageSize == nil && piped.page == nil)
  }

  @Test func `diff takes standard input for one side`() throws {
    let command = try CommandLineProbe.command(DiffCommand.self, "diff - b.json")
    #expect(command.before == .standardInput)
    #expect(command.after == .file("b.json"))
  }

  @Test(arguments: [("demo", 20), ("demo --seconds 1", 1), ("demo --seconds=600", 600)])
  func `demo lasts 20 seconds or as long as requested`(line: String, seconds: Int) throws {
    #expect(try CommandLineProbe.command(DemoCommand.self, line, environment: [:]).seconds == seconds)
  }

  @Test func `simulate takes a port, a scenario and a seed`() throws {
    let usual = try CommandLineProbe.command(SimulateCommand.self, "simulate", environment: [:])
    #expect(usual.port == 0 && usual.scenarioName == nil && usual.seed == 1)
    let line = "simulate --port 65535 --scenario busy --seed=18446744073709551615"
    let command = try CommandLineProbe.command(SimulateCommand.self, line, environment: [:])
    #expect(command.port == .max && command.scenarioName == "busy" && command.seed == .max)
  }

  @Test(
    arguments: [
      ("help", nil), ("--help", nil), ("-h", nil), ("help watch", "watch"), ("watch --help", "watch"),
      ("watch --bogus -h", "watch"), ("diff -h", "diff"), ("help help", "help"),
    ] as [(String, String?)])
  func `help is available in every form`(line: String, topic: String?) throws {
    switch try CommandLineProbe.command(HelpCommand.self, line, environment: [:]).subject {
    case .overview: #expect(topic == nil)
    case .command(let spec): #expect(topic == spec.name)
    case .introduction, .manual, .schema: throw CommandLineProbe.Mismatch()
    }
  }

  @Test(arguments: ["version", "--version"])
  func `the version is one line`(line: String) throws {
    _ = try CommandLineProbe.command(VersionCommand.self, line, environment: [:])
    #expect(VersionCommand.text == "rollcall 0.2.0\n")
  }

  @Test func `help has the man page and the schema`() throws {
    #expect(try CommandLineProbe.command(HelpCommand.self, "help --man", environment: [:]).text == ManualPage.text)
    #expect(try CommandLineProbe.command(HelpCommand.self, "help --schema", environment: [:]).text == EventSchema.text)
  }

  @Test func `after two hyphens everything is an operand`() throws {
    #expect(CommandLineProbe.error(["diff", "--", "--help", "-"]) == nil)
  }

  @Test func `exit statuses have the numbers of sysexits`() {
    let all: [ExitStatus] = [
      .done, .usage, .damagedData, .noInput, .unavailable, .internalError, .cannotCreate, .inputOutput, .tryLater,
      .unauthorised, .configuration, .signal(2), .signal(15),
    ]
    #expect(all.map(\.code) == [0, 64, 65, 66, 69, 70, 73, 74, 75, 77, 78, 130, 143])
  }
}
