import RollcallCore
import Testing

@testable import rollcall

@Suite struct `The man page` {
  private static let lines = ManualPage.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()

  @Test func `has the usual sections`() {
    let sections = Self.lines.filter { $0.hasPrefix(".SH ") }.map { $0.dropFirst(5).dropLast() }
    #expect(
      sections == [
        "NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "COMMON OPTIONS", "EVENTS", "ENVIRONMENT", "EXIT STATUS",
        "FILES",
        "EXAMPLES", "SEE ALSO",
      ])
  }

  @Test func `names each command, option, event, variable and exit status`() {
    for command in Commands.all {
      #expect(Self.lines.contains(".SS \"\(command.spec.name)\""))
      for option in command.spec.options where option.name != CommandSpec.helpOption.name {
        let term = Roff.escaped((option.short.map { "-\($0), " } ?? "") + option.name.argument)
        #expect(Self.lines.contains { $0.hasPrefix(#"\fB\#(term)\fR"#) }, "\(option.name.text)")
      }
    }
    let terms =
      EventType.allCases.map(\.rawValue) + EnvironmentVariable.allCases.map(\.rawValue)
      + ExitStatus.all.map { String($0.code) }
    for term in terms { #expect(Self.lines.contains(#"\fB\#(Roff.escaped(term))\fR"#[...]), "\(term)") }
  }

  @Test func `is plain text that roff renders as intended`() {
    for line in Self.lines {
      #expect(!line.isEmpty)
      #expect(line.unicodeScalars.allSatisfy { (" "..."~").contains($0) })
    }
    #expect(Roff.escaped(#"a\b-c "d" 'e' … ~^`"#) == #"a\eb\-c \(dqd\(dq \(aqe\(aq \[u2026] \(ti\(ha\(ga"#)
    var page = Roff(title: "T", section: 1, date: "2026-11-30", source: "s", manual: "m")
    page.plain(".so /etc/passwd")
    page.plain("'so")
    #expect(page.text.hasSuffix("\n\\&.so /etc/passwd\n\\(aqso\n"))
  }

  @Test func `shows commands that rollcall understands`() {
    for example in ManualPage.examples.flatMap(\.lines) {
      let command = example.split(separator: "|").first.map(String.init) ?? ""
      let arguments = command.split(separator: " ").dropFirst().map(String.init)
      let wrong = CommandLineProbe.error(arguments)
      // Files that the examples name do not exist here.
      #expect(wrong?.exit != .usage, "\(example): \(wrong.map { "\($0)" } ?? "")")
    }
  }

  @Test(arguments: ["--man --schema", "watch --man", "--schema watch"])
  func `help shows one topic at a time`(arguments: String) {
    let wrong = CommandLineProbe.error(["help"] + arguments.split(separator: " ").map(String.init))
    #expect(wrong?.exit == .usage)
  }
}
