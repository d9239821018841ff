import RollcallCore
import RollcallKit
import RollcallSimulator

/// Builds completion scripts from the tables that the parser reads, so that they cannot disagree.
enum Completions {
  static func script(for shell: CompletionShell) -> String {
    switch shell {
    case .bash: bash
    case .zsh: zsh
    case .fish: fish
    }
  }

  // MARK: bash

  private static var bash: String {
    let commands = CommandName.allCases.map(\.rawValue).joined(separator: " ")
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
    for command in CommandName.allCases {
      for option in CommandSpec.of(command).options where option.placeholder != nil {
        let names = arguments(option).map { "\(command.rawValue):\($0)" }.joined(separator: "|")
        lines.append("    \(names)) \(bashValue(option)); return ;;")
      }
    }
    lines += ["  esac", "  case ${COMP_WORDS[1]} in"]
    for command in CommandName.allCases {
      let words = command.operandWords + CommandSpec.of(command).options.flatMap(arguments)
      lines.append("    \(command.rawValue)) words='\(words.joined(separator: " "))' ;;")
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
    switch option.completedValue {
    case .file: "COMPREPLY=($(compgen -f -- \"$current\"))"
    case .words(let words): "COMPREPLY=($(compgen -W '\(words.joined(separator: " "))' -- \"$current\"))"
    case .wordsOrFile(let words):
      "COMPREPLY=($(compgen -W '\(words.joined(separator: " "))' -- \"$current\"; compgen -f -- \"$current\"))"
    case .anything: ":"
    }
  }

  /// How an option is typed.
  private static func arguments(_ option: OptionSpec) -> [String] {
    (option.short.map { ["-\($0)"] } ?? []) + [option.name.argument]
  }

  private static let fileCommands = CommandName.allCases.filter(\.takesFiles).map(\.rawValue)

  // MARK: zsh

  private static var zsh: String {
    var lines = [
      "#compdef rollcall", "# zsh completion for rollcall: source <(rollcall completions zsh)", "_rollcall() {",
      "  local -a commands=(",
    ]
    for command in CommandName.allCases {
      lines.append("    '\(command.rawValue):\(zshText(CommandSpec.of(command).summary))'")
    }
    lines += [
      "  )", "  if ((CURRENT == 2)); then", "    _describe command commands", "    return", "  fi",
      "  local command=$words[2]", "  shift words", "  ((CURRENT--))", "  case $command in",
    ]
    for command in CommandName.allCases {
      let options = CommandSpec.of(command).options.flatMap(zshArguments)
      let operands = zshOperands(of: command)
      lines.append("    \(command.rawValue)) _arguments -s \((options + operands).joined(separator: " ")) ;;")
    }
    lines += [
      "  esac", "}",
      "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _rollcall \"$@\"; else compdef _rollcall rollcall; fi",
    ]
    return lines.map { $0 + "\n" }.joined()
  }

  private static func zshArguments(_ option: OptionSpec) -> [String] {
    let value =
      switch option.completedValue {
      case _ where option.placeholder == nil: ""
      case .file: ":file:_files"
      case .words(let words): ":value:(\(words.joined(separator: " ")))"
      case .wordsOrFile(let words): ":value:{compadd \(words.joined(separator: " ")); _files}"
      case .anything: ":value:"
      }
    let star = option.isRepeatable ? "*" : ""
    return arguments(option).map { "'\(star)\($0)[\(zshText(option.help))]\(value)'" }
  }

  private static func zshOperands(of command: CommandName) -> [String] {
    if command.takesFiles { return ["'*:file:_files'"] }
    // A word that is not accounted for would end the completion of what follows it.
    if command.takesConferences { return ["'*:conference sid:{_message sid}'"] }
    return command.operandWords.isEmpty ? [] : ["'1:value:(\(command.operandWords.joined(separator: " ")))'"]
  }

  /// What stands in single quotes and brackets.
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
    for command in CommandName.allCases {
      let spec = CommandSpec.of(command)
      lines.append(
        "complete -c rollcall -n __fish_use_subcommand -a \(command.rawValue) -d '\(fishText(spec.summary))'")
      let condition = "complete -c rollcall -n '__fish_seen_subcommand_from \(command.rawValue)'"
      for option in spec.options {
        let short = option.short.map { " -s \($0)" } ?? ""
        let value =
          switch option.completedValue {
          case _ where option.placeholder == nil: ""
          case .file: " -r -F"
          case .words(let words): " -x -a '\(words.joined(separator: " "))'"
          case .wordsOrFile(let words): " -r -F -a '\(words.joined(separator: " "))'"
          case .anything: " -x"
          }
        lines.append("\(condition)\(short) -l \(option.name.rawValue)\(value) -d '\(fishText(option.help))'")
      }
      if command.takesFiles { lines.append("\(condition) -F") }
      if !command.operandWords.isEmpty {
        lines.append("\(condition) -a '\(command.operandWords.joined(separator: " "))'")
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

extension CommandName {
  /// Words that the command takes after it.
  fileprivate var operandWords: [String] {
    switch self {
    case .help: CommandName.allCases.map(\.rawValue)
    case .completions: CompletionShell.allCases.map(\.rawValue)
    case .watch, .list, .diff, .demo, .simulate, .listen, .events, .room, .timeline, .report, .resend, .check, .secret,
      .version:
      []
    }
  }

  fileprivate var takesFiles: Bool { self == .diff || self == .timeline || self == .report }

  fileprivate var takesConferences: Bool { self == .watch || self == .list || self == .check }
}

extension OptionSpec {
  fileprivate enum CompletedValue {
    case file
    case words([String])
    case wordsOrFile([String])
    case anything
  }

  /// What a shell can offer for the value.
  fileprivate var completedValue: CompletedValue {
    switch placeholder {
    case "FILE": .file
    case "NAME|FILE": .wordsOrFile(Scenario.builtInNames)
    case "BOOL": .words(["true", "false"])
    case "HOW": .words(WatchOptions.LeaveConfirmation.allCases.map(\.rawValue))
    case "FORMAT": .words(formats)
    case "ndjson|text": .words(EventDisplay.Format.allCases.map(\.rawValue))
    case "table|json|csv": .words(ReportOptions.Format.allCases.map(\.rawValue))
    case "FIELD,…" where name == .redact: .words(Redaction.Field.allCases.map(\.rawValue))
    case "GLOB,…": .words(EventTypeNames.all)
    case "FIELD,…": .words(TrackedField.allCases.map(\.rawValue))
    case "NAME" where name == .provider: .words(Provider.allCases.map(\.rawValue))
    default: .anything
    }
  }

  private var formats: [String] {
    switch name {
    case .logFormat: LogOptions.Format.allCases.map(\.rawValue)
    case .webhookFormat: MessageFormat.Name.allCases.map(\.rawValue)
    default: ListingDisplay.Format.allCases.map(\.rawValue)
    }
  }
}
