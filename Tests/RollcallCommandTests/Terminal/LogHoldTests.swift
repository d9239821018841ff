import Testing

@testable import rollcall

@Suite struct `The log while a board is drawn` {
  @Test func `is kept off a terminal, and its latest line is shown below the board`() {
    let hold = LogHold()
    #expect(!hold.take(.warning, "before", line: "before") && hold.latest == nil)
    hold.begin(keepsLines: true)
    #expect(hold.take(.warning, "one\u{1B}[2J", line: "one"))
    #expect(hold.latest == StyledText("one\\u{1B}[2J", .yellow))
    #expect(hold.take(.notice, "remark", line: nil) && hold.latest == StyledText("remark", .faint))
    #expect(hold.take(.error, "two", line: "two"))
    let (lines, dropped) = hold.end()
    #expect(lines == ["one", "two"] && dropped == 0)
    #expect(!hold.take(.notice, "after", line: "after") && hold.end().lines.isEmpty)
  }

  @Test func `continues if it does not go to the terminal`() {
    let hold = LogHold()
    hold.begin(keepsLines: false)
    #expect(!hold.take(.warning, "one", line: "one") && hold.latest == StyledText("one", .yellow))
    #expect(hold.take(.notice, "remark", line: nil))
    #expect(hold.end().lines.isEmpty)
  }

  @Test func `loses the oldest of too many lines, and counts them`() {
    let hold = LogHold()
    hold.begin(keepsLines: true)
    for number in 1...1003 { _ = hold.take(.warning, "\(number)", line: "\(number)") }
    let (lines, dropped) = hold.end()
    #expect(lines.count == 1000 && lines.first == "4" && dropped == 3)
  }
}
