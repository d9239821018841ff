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

  @Test func `list is a table on a terminal and lines elsewhere`() throws {
    #expect(try CommandLineProbe.list("list c", terminal: true).display.format == .table)
    let piped = try CommandLineProbe.list("list c", terminal: false)
    #expect(piped.display.format == .ndjson)
    #expect(piped.muted == nil && piped.hold == nil && piped.pageSize == nil && piped.page == nil)
  }

  @Test func `diff takes standard input for one side`() throws {
    guard case .diff(let options) = try CommandLineProbe.read("diff - b.json") else {
      throw CommandLineProbe.Mismatch()
    }
    #expect(options.before == .standardInput)
    #expect(options.after == .file("b.json"))
  }

  @Test(arguments: [("demo", 20), ("demo --seconds 1", 1), ("demo --seconds=600", 600)])
  func `demo lasts 20 seconds or as long as it is told`(line: String, seconds: Int) throws {
    guard case .demo(let options) = try CommandLineProbe.read(line, environment: [:]) else {
      throw CommandLineProbe.Mismatch()
    }
    #expect(options.seconds == seconds)
  }

  @Test func `simulate takes a port, a scenario and a seed`() throws {
    guard case .simulate(let usual) = try CommandLineProbe.read("simulate", environment: [:]),
      case .simulate(let options) = try CommandLineProbe.read(
        "simulate --port 65535 --scenario busy --seed=18446744073709551615", environment: [:])
    else { throw CommandLineProbe.Mismatch() }
    #expect(usual.port == 0 && usual.scenario == nil && usual.seed == nil)
    #expect(options.port == .max && options.scenario == "busy" && options.seed == .max)
  }

  @Test(
    arguments: [
      ("help", nil), ("--help", nil), ("-h", nil), ("help watch", .watch), ("watch --help", .watch),
      ("watch --bogus -h", .watch), ("diff -h", .diff), ("help help", .help),
    ] as [(String, CommandName?)])
  func `help is there wherever it is asked for`(line: String, topic: CommandName?) throws {
    guard case .help(let command) = try CommandLineProbe.read(line, environment: [:]) else {
      throw CommandLineProbe.Mismatch()
    }
    #expect(command == topic)
  }

  @Test(arguments: ["version", "--version"])
  func `the version is one line`(line: String) throws {
    guard case .version = try CommandLineProbe.read(line, environment: [:]) else { throw CommandLineProbe.Mismatch() }
    #expect(Version.text == "rollcall 0.2.0\n")
  }

  @Test func `help has the man page and the schema`() throws {
    guard case .manual = try CommandLineProbe.read("help --man", environment: [:]),
      case .schema = try CommandLineProbe.read("help --schema", environment: [:])
    else { throw CommandLineProbe.Mismatch() }
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
