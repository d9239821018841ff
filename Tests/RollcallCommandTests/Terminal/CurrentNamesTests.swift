import Libc
import RollcallCore
import Testing

@testable import rollcall

@Suite struct `Reloaded names` {
  private static let joined = ToldEvents.event(
    .participantJoined, 1, "call-1111", #""participant_count":1"#, record: #""label":"agent""#)
  private static let coaching = ToldEvents.event(
    .participantCoachingStarted, 2, "call-1111", #""call_sid_to_coach":"call-2222""#)

  /// - Parameter body: receives the names of a file, and a function that changes the file and reloads it.
  private static func with(
    _ text: String, _ body: (CurrentNames, (String) throws -> [String]) throws -> Void
  ) throws {
    try TargetsFolder.with("[]") { folder in
      let path = "\(folder.path)/names"
      try folder.write(text, to: "names")
      let (names, told) = (try CurrentNames(path: path), try LoggedText())
      try body(names) { text in
        try folder.write(text, to: "names")
        names.renew(told.log)
        return told.lines()
      }
    }
  }

  private static func row(_ table: inout EventTable, _ event: StoredEvent) -> String {
    String(decoding: table.bytes(of: event), as: UTF8.self).split(separator: "\n").last.map(String.init) ?? ""
  }

  @Test func `are used in the next row`() throws {
    try Self.with("call-1111 Ann\n") { names, renew in
      var table = EventTable(
        TerminalCapabilities(hasColour: false) { 80 }, names: ShownNames(names), zone: .utc, namesConference: true)
      #expect(Self.row(&table, Self.joined).hasSuffix("Ann               joined"))
      let told = try renew("call-1111 Bea\ncall-2222 Ann\n")
      #expect(told.isEmpty)
      let row = Self.row(&table, Self.coaching)
      #expect(row == "09:43:02          CF           Bea               started coaching Ann")
    }
  }

  @Test func `are used for everything on the board`() throws {
    try Self.with("call-1111 Ann\ncall-2222 Bea\n") { names, renew in
      var board = Board(names: ShownNames(names), zone: .utc)
      for event in [Self.joined, Self.coaching] { board.take(event) }
      let first = board.text(64, 10, at: 5)
      #expect(
        first[0].hasPrefix("1 in the room · CF ") && first[3].hasPrefix("Ann ")
          && first[3].hasSuffix("coaching Bea 0:03"))
      _ = try renew("call-2222 Ann\n")
      board.rename()
      #expect(
        board.text(64, 10, at: 5) == [
          "1 in the room · CF                                      09:43:05", "",
          "WHO       IN ROOM   NOW", "agent        0:04   coaching Ann 0:03", "",
          "09:43:01  agent  joined", "09:43:02  agent  started coaching Ann",
        ])
    }
  }

  @Test func `stay as they were if the file is invalid, which is logged once`() throws {
    try Self.with("call-1111 Ann\n") { names, renew in
      let told = try renew("call-1111\n")
      #expect(
        told == [
          "rollcall: warning: names stay as they were, because they could not be reloaded: line 1 of the file of --names "
            + "has no name; give a key, a space and a name"
        ])
      #expect(names.names["call-1111"] == "Ann" && names.edition == 0)
      let same = try renew("call-1111 Ann\n")
      #expect(same.isEmpty && names.edition == 0)
      let none = try renew("")
      #expect(none.isEmpty && names.edition == 1 && names.names.count == 0)
    }
  }

  @Test func `stay as they were if the file is now a pipe, without waiting for it`() throws {
    try TargetsFolder.with("[]") { folder in
      let path = "\(folder.path)/names"
      try folder.write("call-1111 Ann\n", to: "names")
      let (names, told) = (try CurrentNames(path: path), try LoggedText())
      try #require(unsafe unlink(path) == 0 && mkfifo(path, 0o600) == 0)
      names.renew(told.log)
      #expect(names.names["call-1111"] == "Ann")
      #expect(
        told.lines().count {
          $0.hasSuffix(" is a pipe, which can be read only once, at the start; give a regular file")
        } == 1)
    }
  }

  @Test(arguments: [
    "watch c --names n --format text", "watch c --names n --live", "watch c --names n --targets t",
    "watch c --names n --webhook https://h/x --webhook-format slack",
    "watch c --names n --no-stdout --state s --targets t",
  ]) func `affect rows, a board, and webhooks`(line: String) throws {
    #expect(try CommandLineProbe.watch(line, environment: CommandLineProbe.account).webhooks.namesFile == "n")
  }

  @Test(arguments: ["--format ndjson", "", "--no-stdout --state s", "--webhook https://h/x"])
  func `are rejected if no output shows names`(options: String) {
    let error = #expect(throws: UsageError.self) {
      try CommandLineProbe.watch("watch c --names n \(options)", environment: CommandLineProbe.account)
    }
    #expect(error?.exit == .usage && error?.message.hasPrefix("--names has no effect: nothing shows names; ") == true)
  }
}
