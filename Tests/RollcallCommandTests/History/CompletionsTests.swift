import Testing

@testable import rollcall

@Suite struct `Completions of a shell` {
  @Test(arguments: CompletionShell.allCases)
  func `name every command and every option`(shell: CompletionShell) {
    let script = Completions.script(for: shell)
    for command in CommandName.allCases {
      #expect(script.contains(command.rawValue))
      for option in CommandSpec.of(command).options { #expect(script.contains(option.name.rawValue)) }
    }
    #expect(script.hasSuffix("\n") && !script.contains("\u{1B}"))
  }

  @Test func `offer a conference to the commands that take one`() {
    let lines = Completions.script(for: .zsh).split(separator: "\n").filter { $0.contains("conference sid:{") }
    let commands = lines.map { line in line.drop { $0 == " " }.prefix { $0 != ")" } }
    #expect(commands == ["watch", "list", "check"])
    for command in CommandName.allCases where commands.contains(command.rawValue[...]) {
      #expect(CommandSpec.of(command).usage.contains { $0.contains("conference-sid") })
    }
  }

  @Test func `balance their quotes although descriptions hold some`() {
    for line in Completions.script(for: .zsh).split(separator: "\n") where line.contains("'participant.*'") {
      #expect(line.contains(#"'\''participant.*'\''"#))
    }
    #expect(Completions.script(for: .fish).contains(#"\'participant.*\'"#))
  }

  @Test(arguments: [
    Mistake("completions", line: "completions needs one shell; give rollcall completions bash, zsh or fish"),
    Mistake(
      "completions", "tcsh",
      line: #"there are no completions for "tcsh"; give rollcall completions bash, zsh or fish"#),
  ]) func `a mistake is told how to be right`(mistake: Mistake) { mistake.check() }
}
