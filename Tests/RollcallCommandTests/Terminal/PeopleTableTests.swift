import RollcallCore
import Testing

@testable import rollcall

@Suite struct `People of rooms in rows` {
  /// A row of the table, after its header.
  private static func row(_ names: SIDNames, in conference: String) throws -> String {
    var table = PeopleTable(namesConference: true, names: ShownNames { names[$0] }, zone: .utc)
    table.append(
      try #require(CallSID("call-1111")), ParticipantState(), since: Timestamp(milliseconds: 1_000),
      in: try #require(ConferenceSID(conference)))
    let rows = table.render(TerminalLook(hasColour: false) { nil }).split(separator: "\n")
    #expect(rows.count == 2)
    return String(try #require(rows.last))
  }

  @Test func `have the conference's name with the end of its sid, or the sid alone`() throws {
    let names = try SIDNames(text: Array("call-1111 Ann\nconference-9 Support \u{202E}\n".utf8))
    let named = try Self.row(names, in: "conference-9f3c")
    #expect(named.hasPrefix("Ann ") && named.hasSuffix(#"  call-1111  Support \u{202E} …9f3c"#))
    #expect(try Self.row(.none, in: "conference-9f3c").hasSuffix("  call-1111  conference-9f3c"))
  }

  @Test func `cut a conference's name`() throws {
    let long = String(repeating: "N", count: SIDNames.maximumName)
    let row = try Self.row(try SIDNames(text: Array("conference \(long)".utf8)), in: "conference-9f3c")
    #expect(row.hasSuffix("  \(long.prefix(31))… …9f3c"))
  }
}
