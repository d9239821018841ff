import Libc
import RollcallCore
import Testing

@testable import rollcall

@Suite struct OutputTests {
  @Test func `exactly the unsafe characters are shown as escapes`() {
    let hidden: [ClosedRange<UInt32>] = [
      0x00...0x1F, 0x7F...0x9F, 0xAD...0xAD, 0x034F...0x034F, 0x061C...0x061C, 0x115F...0x1160, 0x17B4...0x17B5,
      0x180B...0x180F, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0x3164...0x3164, 0xFEFF...0xFEFF,
      0xFFA0...0xFFA0, 0xFFF0...0xFFFB, 0x1BCA0...0x1BCA3, 0x1D173...0x1D17A, 0xE0000...0xE0FFF,
    ]
    for value: UInt32 in 0...0xEFFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let shown = TerminalText.sanitised(String(Character(scalar)))
      let isHidden = hidden.contains { $0.contains(value) }
      let escape = "\\u{" + String(value, radix: 16, uppercase: true) + "}"
      guard shown == (isHidden ? escape : String(Character(scalar))) else {
        Issue.record("U+\(String(value, radix: 16)) was shown as \(shown.debugDescription)")
        continue
      }
    }
    #expect(TerminalText.sanitised("a\u{1B}[31mé👩‍👧") == #"a\u{1B}[31mé👩\u{200D}👧"#)
  }

  @Test func `a line of JSON on a terminal has the same meaning with escapes`() throws {
    let text = "a\u{1B}\u{7F}\u{85}é\u{202E}👩\u{200D}👧\u{E0041}\"\\ \u{FE0F}"
    var line: [UInt8] = []
    JSONText.append(text, to: &line)
    // A provider's record may contain characters that our own lines escape.
    line = Array("{\"a\":".utf8) + line + Array(",\"\u{202E}\":\"\u{200B}\"}\n".utf8)
    let shown = VisibleText.escaped(json: line)
    let escapes = [#"\u001b"#, #"\u007f"#, #"\u0085"#, #"\u202e"#, #"\u200d"#, #"\udb40\udc41"#, #"\u200b"#]
    for escape in escapes { #expect(String(decoding: shown, as: UTF8.self).contains(bytesOf: escape)) }
    #expect(
      TerminalText.sanitised(String(decoding: shown.dropLast(), as: UTF8.self)).utf8.elementsEqual(shown.dropLast()))
    #expect(shown.last == UInt8(ascii: "\n"))
    let value = try JSONReader.read(shown)
    #expect(value["a"]?.asText?.unicodeScalars.elementsEqual(text.unicodeScalars) == true)
    #expect(value["\u{202E}"]?.asText == "\u{200B}")
    let plain = Array("{\"a\":\"é\"}\n".utf8)
    #expect(VisibleText.escaped(json: plain) == plain)
  }

  @Test func `columns are aligned and lines have no trailing spaces`() {
    var table = Table(columns: ["call", "muted", "status"])
    table.append(["c-100", "true", "in-progress"])
    table.append(["c", "false"])
    table.append(["a\u{7}", "false", "x", "dropped"])
    #expect(
      table.render() == """
        call    muted  status
        c-100   true   in-progress
        c       false
        a\\u{7}  false  x

        """)
  }

  @Test(arguments: [
    (LogOptions.Amount.quiet, ["rollcall: e"]),
    (.usual, ["rollcall: e", "rollcall: warning: w", "rollcall: n"]),
    (.verbose, ["rollcall: e", "rollcall: warning: w", "rollcall: n", "rollcall: d"]),
  ]) func `a log has the lines of the requested level`(amount: LogOptions.Amount, lines: [String]) throws {
    let written = try capture { descriptor in
      let log = StandardError(LogOptions(format: .text, amount: amount), descriptor: descriptor)
      for (level, text) in zip(StandardError.Level.allCases, ["e", "w", "n", "d"]) { log.log(level, text) }
    }
    #expect(written == lines.map { $0 + "\n" }.joined())
  }

  @Test func `a JSON log has one object per line`() throws {
    let written = try capture { descriptor in
      let log = StandardError(
        LogOptions(format: .json, amount: .usual), descriptor: descriptor, now: { Timestamp(milliseconds: 0) })
      log.log(.warning, "say \"hi\"\\\n\u{202E}")
      log.report(UsageError("a", right: "b"))
    }
    #expect(
      written == #"""
        {"time":"1970-01-01T00:00:00.000Z","level":"warning","message":"say \"hi\"\\\\u{A}\\u{202E}"}
        {"time":"1970-01-01T00:00:00.000Z","level":"error","message":"a; b"}

        """#)
  }

  @Test(arguments: [0, O_NONBLOCK]) func `a log that is not read does not stop the program`(flags: Int32) throws {
    let (reader, writer) = try pipePair()
    defer { close(reader) }
    defer { close(writer) }
    _ = fcntl(writer, F_SETFL, flags)
    let log = StandardError(LogOptions(), descriptor: writer)
    let line = String(repeating: "x", count: 1 << 20)
    log.log(.error, line)
    #expect(!isTerminal(writer))
  }

  private func pipePair() throws -> (reader: Int32, writer: Int32) {
    var ends: [Int32] = [-1, -1]
    try #require(unsafe pipe(&ends) == 0)
    return (ends[0], ends[1])
  }

  /// Returns what the body writes to the descriptor, which must fit into a pipe.
  private func capture(_ body: (Int32) -> Void) throws -> String {
    let (reader, writer) = try pipePair()
    body(writer)
    close(writer)
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe read(reader, &buffer, buffer.count)
    close(reader)
    return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
  }
}
