/// Builds help texts from what the parser reads, so that they cannot disagree.
enum HelpText {
  /// Columns that no line passes, however wide the window is.
  static let maximumWidth = 100
  /// Columns that no line passes where the width of the window is unknown.
  static let usualWidth = 80
  /// Columns that are used even if the window has fewer, since descriptions would not fit beside the names.
  static let minimumWidth = 60
  /// Returns the columns to use in a window; nil where its width is unknown.
  static func width(in columns: Int?) -> Int { min(max(columns ?? usualWidth, minimumWidth), maximumWidth) }

  private static let indent = "  "
  /// Where descriptions of options and commands begin, unless the column before them is narrower.
  private static let maximumNameWidth = 32

  /// What `rollcall` alone prints.
  static func introduction(width columns: Int = maximumWidth) -> String {
    let steps = [
      (name: "rollcall demo", help: "a simulated conference, live; needs no account"),
      (name: "rollcall check", help: "says what your account still lacks, one line each"),
      (name: "rollcall watch <conference-sid> --live", help: "a real one; as events without --live"),
    ]
    let width = steps.map(\.name.count).max() ?? 0
    var lines = wrapped(
      "rollcall watches telephone conferences and tells what changes in them: who joined, left, was muted, put on hold,"
        + " or began to coach whom.", indent: "", to: columns)
    lines += ["", "Three commands to try:"]
    lines += steps.map { indent + $0.name + String(repeating: " ", count: width - $0.name.count + 2) + $0.help }
    lines += ["", "rollcall help lists all commands."]
    return joined(lines)
  }

  /// What `rollcall help` prints.
  static func overview(width: Int = maximumWidth) -> String {
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

  /// What `rollcall help COMMAND` prints.
  static func text(for spec: CommandSpec, width: Int = maximumWidth) -> String {
    let prefix = "Usage: "
    var lines: [String] = []
    for (index, usage) in spec.usage.enumerated() {
      lines.append((index == 0 ? prefix : String(repeating: " ", count: prefix.count)) + "rollcall \(usage)")
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

  /// Names on the left, descriptions on the right; a name that is too wide has a line of its own.
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

  /// The text in lines that begin with the indent; there is always one.
  private static func wrapped(_ text: String, indent: String, to limit: Int) -> [String] {
    var lines: [String] = []
    var line = indent
    for word in text.split(separator: " ") {
      if line.count > indent.count, line.count + 1 + word.count > limit {
        lines.append(line)
        line = indent
      }
      line += line.count > indent.count ? " \(word)" : "\(word)"
    }
    return lines + [line]
  }
}
