import RollcallCore
import Testing

@testable import rollcall

@Suite struct `Text on a terminal` {
  @Test(
    arguments: [
      ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("名前", 4), ("ｆ", 2), ("한", 2), ("👍", 2), ("👍🏽", 4), ("🇩🇪", 4),
      ("❤\u{FE0F}", 2), ("䷀", 2), ("☰", 2), ("…", 1), ("\\u{1B}", 6),
    ] as [(String, Int)])
  func `is measured as on the terminal that shows it widest`(text: String, columns: Int) {
    #expect(TextColumns.count(text) == columns)
  }

  @Test(
    arguments: [
      ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("名前名", 5, "名前…"), ("名前名", 4, "名…"), ("e\u{301}e\u{301}e", 2, "e\u{301}…"),
      ("abc", 1, "…"), ("abc", 0, ""),
    ] as [(String, Int, String)])
  func `is cut between characters and marked as cut`(text: String, columns: Int, cut: String) {
    #expect(TextColumns.cut(text, to: columns) == cut)
  }

  @Test func `has styles only with colours`() {
    var line = StyledText("a", .red)
    line.append("b\u{1B}[0m")
    line.pad(to: 12)
    #expect(line.columns == 12)
    #expect(line.cut(to: nil).written(hasColour: true) == "\u{1B}[31ma\u{1B}[0mb\\u{1B}[0m")
    #expect(line.written(hasColour: false) == "ab\\u{1B}[0m ")
    #expect(line.cut(to: 3).written(hasColour: true) == "\u{1B}[31ma\u{1B}[0mb…")
    var full = StyledText("abc", .red)
    full.append("def")
    #expect(full.cut(to: 3).text == "abc" || full.cut(to: 3).text == "ab…")
  }

  @Test(
    arguments: [
      ([:], false, false, false), ([:], true, false, false), (["TERM": "dumb"], true, false, false),
      (["TERM": "xterm"], true, true, true), (["TERM": "xterm"], false, false, false),
      (["TERM": "xterm", "NO_COLOR": "1"], true, true, false), (["TERM": "xterm", "NO_COLOR": ""], true, true, true),
    ] as [([String: String], Bool, Bool, Bool)])
  func `is drawn in place and in colours on request`(
    environment: [String: String], terminal: Bool, draws: Bool, hasColour: Bool
  ) {
    let context = CommandContext(environment: environment, outputIsTerminal: terminal)
    #expect(context.canRedraw == draws && context.terminal.hasColour == hasColour)
    if !terminal { #expect(context.terminal.width() == nil) }
  }

  @Test(
    arguments: [
      (0, "2026-11-23 UTC", "09:43:00"), (5 * 3600 + 1800, "2026-11-23 UTC+05:30", "15:13:00"),
      (-10 * 3600, "2026-11-22 UTC-10:00", "23:43:00"),
    ] as [(Int64, String, String)])
  func `shows local times`(offset: Int64, heading: String, time: String) {
    let zone = LocalZone { _ in offset }
    #expect(zone.heading(ToldEvents.start) == heading && zone.time(ToldEvents.start) == time)
  }

  @Test func `never shows two calls under the same name`() {
    var book = NameBook(ShownNames { $0 == "given-1" ? "Ann" : nil })
    #expect(book.name(of: "call-1234") == "…1234")
    #expect(book.name(of: "other-1234") == "…her-1234")
    #expect(book.name(of: "another-1234") == "another-1234")
    #expect(book.name(of: "given-1", CallerIdentity(label: "agent", address: nil)) == "Ann")
    #expect(book.name(of: "call-5678", CallerIdentity(label: "agent", address: nil)) == "agent")
    #expect(book.name(of: "call-9999", CallerIdentity(label: "agent", address: nil)) == "agent …9999")
    #expect(book.name(of: "call-5678") == "agent" && book.name(of: "call-1234") == "…1234")
    #expect(book.name(of: "call-0000", CallerIdentity(label: " \t", address: nil)) == "…0000")
    let redacted = CallerIdentity(label: "redacted_89abcdef0123456789abcdef", address: nil)
    #expect(book.name(of: "redacted_0123456789abcdef01234567", redacted) == "…4567")
    #expect(TextColumns.count(book.name(of: "x", CallerIdentity(label: ToldEvents.hostileLabel, address: nil))) <= 32)
  }
}
