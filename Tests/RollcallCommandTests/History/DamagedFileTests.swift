import Libc
import RollcallCore
import RollcallKit
import RollcallSimulator
import Testing

@testable import rollcall

/// One flipped bit in an event causes one line and an exit code.
@Suite(.runsCommands) struct `A state file with a damaged event` {
  private static let start = Timestamp(milliseconds: 1_800_000_000_000)

  /// Flips a bit in the line of the last event that contains the text.
  private static func damage(_ state: borrowing StateFixture, _ text: String) throws {
    let descriptor = unsafe open(state.path, O_RDWR)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
    let place = try #require(Array(bytes[..<count]).range(ofRun: Array(text.utf8))?.lowerBound)
    var flipped = [bytes[place] ^ 1]
    let written = unsafe flipped.withUnsafeMutableBytes {
      unsafe pwrite(descriptor, $0.baseAddress, 1, off_t(place))
    }
    try #require(written == 1)
  }

  @Test func `gives a history without the event, and exit status 65`() throws {
    let state = try StateFixture()
    try state.fill(heartbeats: 3, from: Self.start)
    try Self.damage(state, #""participants":1,"#)
    let warning =
      #"rollcall: warning: the state file "\#(state.path)": event 2 is damaged and left out"# + "\n"
    let run = try state.run("events")
    #expect(run.status == ExitStatus.damagedData.code && run.errors == warning)
    #expect(run.output.split(separator: "\n").count == 2)
    for part in [["--type", "participant.*"], ["--since", "2100-01-01T00:00:00Z"]] {
      let run = try CommandRun(["events", "--state", state.path] + part, environment: [:])
      #expect(run.output == "" && (run.status == 65) == (part[0] == "--type"))
    }
    let room = try state.run("room")
    #expect(room.status == ExitStatus.damagedData.code && room.errors == warning)
  }

  @Test func `still gives the current room`() throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 1)
    defer { space.stop() }
    let state = try StateFixture()
    _ = try state.watch(space, "--once")
    let room = try state.run("room").output
    try #require(room.split(separator: "\n").count == 3)
    try Self.damage(state, #""type":"participant.present""#)
    let damaged = try state.run("room")
    #expect(damaged.status == ExitStatus.damagedData.code && damaged.output == room)
    #expect(try state.run("room", "--conference", space.conferences[0].sid).output == room)
    #expect(try state.run("room", "--at", "2100-01-01T00:00:00Z").output.split(separator: "\n").count == 2)
  }

  @Test func `resends only the undamaged events`() throws {
    let state = try StateFixture()
    let receiver = try ScriptedReceiver()
    defer { receiver.stop() }
    try state.fill(heartbeats: 3, from: Self.start)
    try Self.damage(state, #""participants":1,"#)
    let run = try state.run("resend", "--since", "2020-01-01T00:00:00Z", environment: receiver.environment)
    #expect(run.status == ExitStatus.damagedData.code)
    #expect(receiver.deliveries.map { $0.id?.suffix(1) } == ["1", "3"])
    #expect(run.errors.contains("event 2 is damaged in the state file and cannot be resent\n"))
  }

  @Test(arguments: [
    (
      ["--redact", "label"], 78,
      "its events redact nothing, but this run redacts label; give the same --redact and key as before"
    ),
    (["--space", "http://127.0.0.1:9"], 78, "it belongs to account project-1 at https://h"),
  ])
  func `is rejected in one line, like one with another redaction or account`(
    options: [String], status: Int, text: String
  ) throws {
    let state = try StateFixture()
    try state.fill(heartbeats: 1, from: Self.start)
    let environment = [
      "SIGNALWIRE_SPACE": "https://h", "SIGNALWIRE_PROJECT_ID": "project-1", "SIGNALWIRE_API_TOKEN": "t",
    ]
    let run = try CommandRun(
      ["watch", "c", "--once", "--state", state.path] + options, environment: environment)
    #expect(Int(run.status) == status && run.output == "")
    #expect(run.errors.hasPrefix(#"rollcall: the state file "\#(state.path)": \#(text)"#))
    #expect(run.errors.split(separator: "\n").count == 1)
  }

  @Test func `is rejected at once if it is a FIFO without a writer`() throws {
    let state = try StateFixture()
    let fifo = state.directory + "/fifo"
    try #require(unsafe mkfifo(fifo, 0o600) == 0)
    defer { unsafe unlink(fifo) }
    let error = #expect(throws: UsageError.self) {
      _ = try InputFile.opened(fifo, named: "a FIFO", waiting: .milliseconds(1))
    }
    #expect(error?.exit == .noInput)
  }
}
