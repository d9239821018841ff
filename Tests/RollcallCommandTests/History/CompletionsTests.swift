import Testing

@testable import rollcall

@Suite struct `Completions of a shell` {
  @Test(arguments: CompletionsCommand.Shell.allCases)
  func `name every command and every option`(shell: CompletionsCommand.Shell) {
    let script = Completions.script(for: shell)
    for command in Commands.all {
      #expect(script.contains(command.spec.name))
      for option in command.spec.options { #expect(script.contains(option.name.text)) }
    }
    #expect(script.hasSuffix("\n") && !script.contains("\u{1B}"))
  }

  @Test func `offer conferences for the commands that take one`() {
    let lines = Completions.script(for: .zsh).split(separator: "\n").filter { $0.contains("conference sid:{") }
    let commands = lines.map { line in line.drop { $0 == " " }.prefix { $0 != ")" } }
    #expect(commands == ["watch", "list", "check"])
    for command in Commands.all where commands.contains(command.spec.name[...]) {
      #expect(command.spec.usage.contains { $0.contains("conference-sid") })
    }
  }

  @Test func `have balanced quotes even if descriptions contain quotes`() {
    for line in Completions.script(for: .zsh).split(separator: "\n") where line.contains("'participant.*'") {
      #expect(line.contains(#"'\''participant.*'\''"#))
    }
    #expect(Completions.script(for: .fish).contains(#"\'participant.*\'"#))
  }

  @Test(arguments: [
    Mistake("completions", line: "completions needs a shell; give rollcall completions bash, zsh or fish"),
    Mistake(
      "completions", "tcsh",
      line: #"there are no completions for "tcsh"; give rollcall completions bash, zsh or fish"#),
  ]) func `a usage error says what to do`(mistake: Mistake) { mistake.check() }
}
