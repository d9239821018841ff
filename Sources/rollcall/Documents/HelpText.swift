/// Builds help texts from the declarations that the parser reads, so that they cannot disagree.
enum HelpText {
  /// The maximum width of a line in columns, however wide the window is.
  static let maximumWidth = 100
  /// The maximum width of a line in columns if the width of the window is unknown.
  static let usualWidth = 80
  /// The width used in narrower windows, where descriptions would not fit beside the names.
  static let minimumWidth = 60

  /// Returns the width to use.
  ///
  /// - Parameter columns: the width of the window; nil if it is unknown.
  static func width(in columns: Int?) -> Int { min(max(columns ?? usualWidth, minimumWidth), maximumWidth) }

  private static let indent = "  "
  /// The maximum width of the column of names, including the space before the descriptions.
  private static let maximumNameWidth = 32

  /// Returns what `rollcall` alone prints.
  static func introduction(width columns: Int) -> String {
    let steps = [
      (name: "rollcall demo", help: "a simulated conference, live; needs no account"),
      (name: "rollcall check", help: "tests your account and says what is missing"),
      (name: "rollcall watch SID --live", help: "a real conference; without --live, as events"),
    ]
    let width = steps.map(\.name.count).max() ?? 0
    var lines = wrapped(
      "rollcall watches telephone conferences and reports what changes in them: who joined, left, was muted or put on hold,"
        + " and who is coaching whom.", indent: "", to: columns)
    lines += ["", "Three commands to try:"]
    lines += steps.map { indent + $0.name + String(repeating: " ", count: width - $0.name.count + 2) + $0.help }
    lines += ["", "rollcall help lists all commands."]
    return joined(lines)
  }

  /// Returns what `rollcall help` prints.
  static func overview(width: Int) -> String {
    let commands = Commands.all.map { (name: $0.spec.name, help: $0.spec.summary) }
    var lines = ["Usage: rollcall <command> [options]", ""]
    lines += wrapped(
      "Watches conferences at SignalWire, Twilio or Telnyx: who joined, left, was muted, held or coached.", indent: "",
      to: width)
    lines += ["", "Commands:"]
    lines += columns(commands, to: width)
    lines += ["", "rollcall help <command> shows the options of a command."]
    return joined(lines)
  }

  /// Returns what `rollcall help COMMAND` prints.
  static func text(for spec: CommandSpec, width: Int) -> String {
    let prefix = "Usage: "
    var lines: [String] = []
    let margin = String(repeating: " ", count: prefix.count)
    for (index, usage) in spec.usage.enumerated() {
      let words = ["rollcall"] + usageWords(usage)
      lines += wrapped(words, after: index == 0 ? prefix : margin, indent: margin + indent, to: width)
    }
    for paragraph in spec.details { lines += [""] + wrapped(paragraph, indent: "", to: width) }
    for group in spec.groups {
      lines += ["", "\(group.title):"] + columns(group.options.map { (name: $0.usage, help: $0.help) }, to: width)
    }
    let help = CommandSpec.helpOption
    lines += [""] + columns([(name: help.usage, help: help.help)], to: width)
    return joined(lines)
  }

  private static func joined(_ lines: [String]) -> String {
    lines.map { $0 + "\n" }.joined()
  }

  /// Returns rows with names on the left and descriptions on the right; a name that is too wide has its own line.
  private static func columns(_ rows: [(name: String, help: String)], to limit: Int) -> [String] {
    let width = min(rows.map(\.name.count).max() ?? 0, maximumNameWidth)
    let margin = String(repeating: " ", count: indent.count + width + 2)
    var lines: [String] = []
    for row in rows {
      var help = wrapped(row.help, indent: margin, to: limit)
      if row.name.count > width {
        lines.append(indent + row.name)
      } else {
        let name = indent + row.name
        let text = help.removeFirst().dropFirst(name.count)
        lines.append(name + text)
      }
      lines += help
    }
    return lines
  }

  /// Returns the words of a usage. A group in brackets counts as one word, and so does an option with its value.
  private static func usageWords(_ usage: String) -> [String] {
    var words: [String] = []
    var depth = 0
    for word in usage.split(separator: " ") {
      let isContinued = depth > 0 || words.last.map { $0.hasPrefix("-") && !$0.contains(" ") } == true
      if isContinued, let last = words.popLast() { words.append("\(last) \(word)") } else { words.append(String(word)) }
      depth += word.count { $0 == "[" } - word.count { $0 == "]" }
    }
    return words
  }

  /// Returns the text in lines that begin with the indent, at least one.
  static func wrapped(_ text: String, indent: String, to limit: Int) -> [String] {
    wrapped(text.split(separator: " ").map(String.init), after: indent, indent: indent, to: limit)
  }

  /// Returns the words in lines, at least one: the first begins with `start`, the others with the indent.
  private static func wrapped(_ words: [String], after start: String, indent: String, to limit: Int) -> [String] {
    var lines: [String] = []
    var line = start
    var isEmpty = true
    for word in words {
      if !isEmpty, line.count + 1 + word.count > limit {
        lines.append(line)
        line = indent
        isEmpty = true
      }
      line += isEmpty ? word : " \(word)"
      isEmpty = false
    }
    return lines + [line]
  }
}
