/// Builds completion scripts from the declarations that the parser reads, so that they cannot disagree.
enum Completions {
  static func script(for shell: CompletionsCommand.Shell) -> String {
    switch shell {
    case .bash: bash
    case .zsh: zsh
    case .fish: fish
    }
  }

  // MARK: bash

  private static var bash: String {
    let commands = specs.map(\.name).joined(separator: " ")
    var lines = [
      "# bash completion for rollcall: source <(rollcall completions bash)",
      "_rollcall() {",
      "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} words=",
      "  COMPREPLY=()",
      "  if ((COMP_CWORD == 1)); then",
      "    COMPREPLY=($(compgen -W '\(commands)' -- \"$current\"))",
      "    return",
      "  fi",
      "  case ${COMP_WORDS[1]}:$previous in",
    ]
    for command in specs {
      for option in command.options where option.placeholder != nil {
        let names = arguments(option).map { "\(command.name):\($0)" }.joined(separator: "|")
        lines.append("    \(names)) \(bashValue(option)); return ;;")
      }
    }
    lines += ["  esac", "  case ${COMP_WORDS[1]} in"]
    for command in specs {
      let words = operandWords(of: command) + command.options.flatMap(arguments)
      lines.append("    \(command.name)) words='\(words.joined(separator: " "))' ;;")
    }
    lines += [
      "  esac",
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))",
      "  [[ $current != -* && ${COMP_WORDS[1]} == @(\(fileCommands.joined(separator: "|"))) ]] &&",
      "    COMPREPLY+=($(compgen -f -- \"$current\"))",
      "  return 0",
      "}",
      "complete -o filenames -F _rollcall rollcall",
    ]
    return lines.map { $0 + "\n" }.joined()
  }

  private static func bashValue(_ option: OptionSpec) -> String {
    switch option.completion {
    case .file: "COMPREPLY=($(compgen -f -- \"$current\"))"
    case .words(let words): "COMPREPLY=($(compgen -W '\(words.joined(separator: " "))' -- \"$current\"))"
    case .wordsOrFile(let words):
      "COMPREPLY=($(compgen -W '\(words.joined(separator: " "))' -- \"$current\"; compgen -f -- \"$current\"))"
    case .nothing: ":"
    }
  }

  /// Returns the forms in which an option can be typed.
  private static func arguments(_ option: OptionSpec) -> [String] {
    (option.short.map { ["-\($0)"] } ?? []) + [option.name.argument]
  }

  private static let specs = Commands.all.map { $0.spec }

  private static let fileCommands = specs.filter { if case .files = $0.operands { true } else { false } }.map(\.name)

  /// Returns the words that a command accepts as operands.
  private static func operandWords(of command: CommandSpec) -> [String] {
    switch command.operands {
    case .nothing, .conferences, .files: []
    case .commands: specs.map(\.name)
    case .words(let words): words
    }
  }

  // MARK: zsh

  private static var zsh: String {
    var lines = [
      "#compdef rollcall", "# zsh completion for rollcall: source <(rollcall completions zsh)", "_rollcall() {",
      "  local -a commands=(",
    ]
    for command in specs {
      lines.append("    '\(command.name):\(zshText(command.summary))'")
    }
    lines += [
      "  )", "  if ((CURRENT == 2)); then", "    _describe command commands", "    return", "  fi",
      "  local command=$words[2]", "  shift words", "  ((CURRENT--))", "  case $command in",
    ]
    for command in specs {
      let options = command.options.flatMap(zshArguments)
      let operands = zshOperands(of: command)
      lines.append("    \(command.name)) _arguments -s \((options + operands).joined(separator: " ")) ;;")
    }
    lines += [
      "  esac", "}",
      "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _rollcall \"$@\"; else compdef _rollcall rollcall; fi",
    ]
    return lines.map { $0 + "\n" }.joined()
  }

  private static func zshArguments(_ option: OptionSpec) -> [String] {
    let value =
      switch option.completion {
      case _ where option.placeholder == nil: ""
      case .file: ":file:_files"
      case .words(let words): ":value:(\(words.joined(separator: " ")))"
      case .wordsOrFile(let words): ":value:{compadd \(words.joined(separator: " ")); _files}"
      case .nothing: ":value:"
      }
    let star = option.isRepeatable ? "*" : ""
    return arguments(option).map { "'\(star)\($0)[\(zshText(option.help))]\(value)'" }
  }

  private static func zshOperands(of command: CommandSpec) -> [String] {
    switch command.operands {
    case .nothing: []
    case .files: ["'*:file:_files'"]
    // An operand without a specification would end the completion of everything after it.
    case .conferences: ["'*:conference sid:{_message sid}'"]
    case .commands, .words: ["'1:value:(\(operandWords(of: command).joined(separator: " ")))'"]
    }
  }

  /// Returns a text escaped for use inside single quotes and brackets.
  private static func zshText(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "'": result += #"'\''"#
      case "[", "]", ":", "\\": result += "\\\(character)"
      default: result.append(character)
      }
    }
    return result
  }

  // MARK: fish

  private static var fish: String {
    var lines = ["# fish completion for rollcall: rollcall completions fish | source", "complete -c rollcall -f"]
    for command in specs {
      lines.append(
        "complete -c rollcall -n __fish_use_subcommand -a \(command.name) -d '\(fishText(command.summary))'")
      let condition = "complete -c rollcall -n '__fish_seen_subcommand_from \(command.name)'"
      for option in command.options {
        let short = option.short.map { " -s \($0)" } ?? ""
        let value =
          switch option.completion {
          case _ where option.placeholder == nil: ""
          case .file: " -r -F"
          case .words(let words): " -x -a '\(words.joined(separator: " "))'"
          case .wordsOrFile(let words): " -r -F -a '\(words.joined(separator: " "))'"
          case .nothing: " -x"
          }
        lines.append("\(condition)\(short) -l \(option.name.text)\(value) -d '\(fishText(option.help))'")
      }
      switch command.operands {
      case .nothing, .conferences: break
      case .files: lines.append("\(condition) -F")
      case .commands, .words:
        lines.append("\(condition) -a '\(operandWords(of: command).joined(separator: " "))'")
      }
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private static func fishText(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      if character == "'" || character == "\\" { result += "\\" }
      result.append(character)
    }
  }
}
