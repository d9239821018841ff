import RollcallCore
import RollcallKit
import Testing

@testable import rollcall

@Suite struct `Participants as rows` {
  private static let now = Timestamp(milliseconds: 1_000)

  private static func lines(
    _ names: SIDNames, _ conferences: [String] = ["conference-9f3c"], width: Int? = nil, namesConferences: Bool = true,
    status: String? = "in-progress"
  ) throws -> [String] {
    let known = KnownNames([try #require(ConferenceSID("conference-0000")): "sales"])
    var table = PeopleTable(
      namesConferences: namesConferences, names: ShownNames(names), known: known, zone: .utc, now: now)
    for conference in conferences {
      table.append(
        try #require(CallSID("4fd49ed5-bc5d-49a3-9622-9eb90c246ead")),
        ParticipantState(isMuted: true, isCoaching: true, callSIDToCoach: "call-2222", status: status),
        at: "+12025550101", since: now, in: try #require(ConferenceSID(conference)))
    }
    return table.render(TerminalCapabilities(hasColour: false) { width })
      .split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }

  @Test func `are below their conference's name and sid, or the sid alone`() throws {
    let names = try SIDNames(text: Array("+12025550101 Ann\nconference-9f Support \u{202E}\n".utf8))
    let lines = try Self.lines(names, ["conference-9f3c", "conference-0000", "conference-1"])
    #expect(lines.count == 11)
    #expect(lines[0] == #"Support \u{202E}  conference-9f3c"#)
    #expect(lines[2] == "Ann  muted, coaching …2222  00:00:01  in-progress  4fd49ed5-bc5d-49a3-9622-9eb90c246ead")
    #expect(lines[3].isEmpty && lines[4] == "sales  conference-0000" && lines[8] == "conference-1")
    #expect(try Self.lines(names, namesConferences: false).count == 2)
  }

  @Test func `cut a conference's name, and never its sid`() throws {
    let long = String(repeating: "N", count: SIDNames.maximumName)
    let names = try SIDNames(text: Array("conference \(long)".utf8))
    #expect(try Self.lines(names)[0] == "\(long.prefix(31))…  conference-9f3c")
    #expect(try Self.lines(names, width: 30)[0] == "\(long.prefix(12))…  conference-9f3c")
  }

  @Test(
    arguments: [
      (120, "+12025550101  muted, coaching …2222  00:00:01  in-progress  4fd49ed5-bc5d-49a3-9622-9eb90c246ead"),
      (80, "+12025550101  muted, coaching …2222  4fd49ed5-bc5d-49a3-9622-9eb90c246ead"),
      (60, "+12025550…  muted, co…  4fd49ed5-bc5d-49a3-9622-9eb90c246ead"),
      (40, "+12025550101  muted, coaching …2222"), (20, "+1202555…  muted, c…"),
    ])
  func `keep the whole sid as long as there is room, and give up other columns first`(width: Int, row: String) throws {
    #expect(try Self.lines(.none, width: width).last == row)
  }

  @Test(arguments: [
    (120, "ringing", false, "       00:00:01  ringing  "), (70, "ringing", false, "  ringing  00:00:01  "),
    (70, "ringing", true, "  ringing, muted  "), (61, "completed", false, "  completed  "),
    (70, "in-progress", true, "  muted  00:00:01  "),
  ])
  func `show a status other than in-progress beside the states if its column is left out`(
    width: Int, status: String, isMuted: Bool, between: String
  ) throws {
    var table = PeopleTable(namesConferences: false, zone: .utc, now: Self.now)
    let sid = "4fd49ed5-bc5d-49a3-9622-9eb90c246ead"
    table.append(
      try #require(CallSID(sid)), ParticipantState(isMuted: isMuted, status: status),
      at: "+12025550101", since: Self.now, in: try #require(ConferenceSID("c")))
    let lines = table.render(TerminalCapabilities(hasColour: false) { width }).split(separator: "\n")
    #expect(lines.last == "+12025550101\(between)\(sid)")
    #expect(lines.first?.contains("STATUS") == (width == 120))
  }

  @Test func `cut a name before a state, and only the name of whom they coach`() throws {
    var table = PeopleTable(namesConferences: false, zone: .utc, now: Self.now)
    let sid = "4fd49ed5-bc5d-49a3-9622-9eb90c246ead"
    let state = ParticipantState(isMuted: true, isOnHold: true, isCoaching: true, callSIDToCoach: "call-2222")
    table.append(
      try #require(CallSID(sid)), state, at: "sip:anna@example.com", since: nil, in: try #require(ConferenceSID("c")))
    let lines = table.render(TerminalCapabilities(hasColour: false) { 80 }).split(separator: "\n")
    #expect(lines.last == "sip:anna@examp…  muted, on hold, coaching…  \(sid)")
  }

  @Test func `show whole states in 80 columns, and a dash for an unknown time`() throws {
    var table = PeopleTable(namesConferences: false, zone: .utc, now: Self.now)
    let sids = ["4fd49ed5-bc5d-49a3-9622-9eb90c246ead", "4fd49ed5-bc5d-49a3-9622-9eb90c246eae"]
    let states = [
      ParticipantState(isMuted: true, isOnHold: true, status: "in-progress"),
      ParticipantState(isOnHold: true, status: "in-progress"),
    ]
    for (index, (sid, state)) in zip(sids, states).enumerated() {
      table.append(
        try #require(CallSID(sid)), state, at: "sip:anna@example.com", since: index == 0 ? Self.now : nil,
        in: try #require(ConferenceSID("c")))
    }
    let lines = table.render(TerminalCapabilities(hasColour: false) { 80 }).split(separator: "\n")
    #expect(
      lines == [
        "WHO               NOW             SINCE     CALL",
        "sip:anna@exampl…  muted, on hold  00:00:01  \(sids[0])",
        "sip:anna@exampl…  on hold         -         \(sids[1])",
      ])
  }
}
