import RollcallCore
import RollcallKit

/// Builds the man page from the declarations that the parser reads, so that they cannot disagree.
enum ManualPage {
  static var text: String {
    var page = Roff(
      title: "ROLLCALL", section: 1, date: RollcallVersion.date, source: "rollcall \(RollcallVersion.number)",
      manual: "User Commands")
    addBeginning(to: &page)
    page.section("COMMANDS")
    for command in Commands.all { add(command.spec, to: &page) }
    page.section("COMMON OPTIONS")
    for group in commonGroups { add(group, to: &page) }
    addTables(to: &page)
    addEnd(to: &page)
    return page.text
  }

  /// The option groups that several commands share.
  private static let commonGroups: [OptionGroup] = [AccountOptions.group, LogOptions.group]

  private static func addBeginning(to page: inout Roff) {
    page.section("NAME")
    // man -k requires one line of this form.
    page.plain("rollcall - watch telephone conferences and report what changes in them")
    page.section("SYNOPSIS")
    page.commands(WatchCommand.spec.usage.map { "rollcall \($0)" } + ["rollcall <command> [options]"])
    page.section("DESCRIPTION")
    page.plain(
      "rollcall polls the list of participants of a conference at SignalWire, Twilio or Telnyx, compares each list with"
        + " the one before, and writes the differences: who joined, left, was muted, held, or coaches whom. Each event is"
        + " a line of JSON on standard output, and a POST to each webhook. Everything else goes to standard error.")
    page.paragraph(
      "A list that failed, was truncated or is unreadable changes nothing. A participant is reported as left only after the"
        + " list and the participant's own resource agree. A state that lasts less than the interval can be missed.")
  }

  private static func add(_ spec: CommandSpec, to page: inout Roff) {
    page.subsection(spec.name)
    page.commands(spec.usage.map { "rollcall \($0)" })
    for paragraph in spec.details { page.paragraph(paragraph) }
    let isCommon = { (group: OptionGroup) in commonGroups.contains { $0.title == group.title } }
    for group in spec.groups where !isCommon(group) { add(group, to: &page) }
    let common = spec.groups.filter(isCommon)
    if !common.isEmpty { page.paragraph("Common options: \(common.map(\.title).joined(separator: "; ")).") }
  }

  private static func add(_ group: OptionGroup, to page: inout Roff) {
    page.heading("\(group.title):")
    for option in group.options {
      let short = option.short.map { "-\($0), " } ?? ""
      page.item(short + option.name.argument, of: option.placeholder ?? "", option.help)
    }
  }

  private static func addTables(to page: inout Roff) {
    page.section("EVENTS")
    page.plain("Consumers must ignore unknown types and keys; rollcall help --schema prints a schema of all keys.")
    for type in EventType.allCases { page.item(type.rawValue, type.meaning) }
    page.section("ENVIRONMENT")
    for variable in EnvironmentVariable.allCases { page.item(variable.rawValue, variable.meaning) }
    for (name, meaning) in otherVariables { page.item(name, meaning) }
    page.section("EXIT STATUS")
    for status in ExitStatus.all { page.item(String(status.code), status.meaning) }
  }

  private static func addEnd(to page: inout Roff) {
    page.section("FILES")
    for (name, meaning) in files { page.item(name, meaning) }
    page.section("EXAMPLES")
    for example in examples {
      page.paragraph(example.purpose)
      page.commands(example.lines)
    }
    page.section("SEE ALSO")
    page.plain("jq(1), mlr(1), sqlite3(1), webhook(1)")
  }

  /// The environment variables that are not the default of any option.
  private static let otherVariables = [
    ("HTTPS_PROXY", "the proxy for https:; https_proxy takes precedence"),
    ("NO_PROXY", "hosts that are reached without the proxy; no_proxy takes precedence"),
    ("TZ", "the time zone of rows, and of times in options without a zone"),
    ("NOTIFY_SOCKET", "the socket on which systemd learns that the service has started"),
    ("WATCHDOG_USEC", "the maximum time between two signs of life for systemd, in microseconds"),
    ("WATCHDOG_PID", "the process that must send them"),
  ]

  private static let files = [
    (
      "token and secret files",
      "Each holds one secret, without quotes; line ends around it are ignored. A file that others can write is refused;"
        + " one that others can read causes a warning. SIGHUP reloads them."
    ),
    (
      "targets file",
      "A JSON array of webhooks, each with a url or a url_file. Keys: "
        + TargetKey.allCases.map(\.rawValue).joined(separator: ", ") + "."
    ),
    ("names file", "On each line, a sid, the beginning of one or an address, and a name."),
    ("state file", "An SQLite database, which other programs may read while rollcall runs."),
  ]

  /// The examples. A test passes them to the parser.
  static let examples: [(purpose: String, lines: [String])] = [
    ("See it work, without an account:", ["rollcall demo"]),
    (
      "Watch a conference, and show the type and the call of each event:",
      ["rollcall watch 4fd49ed5-bc5d-49a3-9622-9eb90c246ead | jq -c '{type, call_sid}'"]
    ),
    (
      "Post the events of all conferences to a webhook, across restarts:",
      ["rollcall watch --all --state rollcall.db --webhook-file hook --webhook-secret-file secret --no-stdout"]
    ),
    (
      "Scan once a minute, from cron:",
      ["rollcall watch --name support --wait --once --state support.db --webhook-file hook --no-stdout"]
    ),
    ("Who was in the room an hour ago?", ["rollcall room --state rollcall.db --at 1h"]),
    ("Read this page without installing it:", ["rollcall help --man | man -l -"]),
  ]
}

/// Writes a manual page with the man(7) macros, and escapes plain texts.
struct Roff {
  /// The maximum number of bytes in a line of text; roff joins lines.
  private static let maximumLine = 79

  private(set) var text = ""
  private var isAfterTitle = false

  init(title: String, section: Int, date: String, source: String, manual: String) {
    // A date must keep plain hyphens.
    text += ".TH \"\(title)\" \"\(section)\" \"\(date)\" \"\(Self.escaped(source))\" \"\(manual)\"\n"
    // Names of options and variables must not be hyphenated.
    text += ".nh\n.ad l\n"
  }

  mutating func section(_ title: String) {
    line(".SH", title)
    isAfterTitle = true
  }

  mutating func subsection(_ title: String) {
    line(".SS", title)
    isAfterTitle = true
  }

  /// Adds text that continues after the last macro.
  mutating func plain(_ body: String) {
    var line = ""
    for word in Self.escaped(body).split(separator: " ") {
      if !line.isEmpty, line.utf8.count + 1 + word.utf8.count > Self.maximumLine {
        write(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    write(line)
  }

  /// Adds a paragraph.
  mutating func paragraph(_ body: String) {
    beginParagraph()
    plain(body)
  }

  /// Adds a title between paragraphs.
  mutating func heading(_ body: String) {
    beginParagraph()
    line(".I", body)
  }

  /// Adds lines in bold that are not filled.
  mutating func commands(_ commands: [String]) {
    for (index, command) in commands.enumerated() {
      if index == 0 { beginParagraph() } else { line(".br") }
      line(".B", command)
    }
  }

  /// Adds a term in bold, its placeholder in italics, and its meaning.
  mutating func item(_ term: String, of variable: String = "", _ meaning: String) {
    line(".TP")
    let variable = variable.isEmpty ? "" : #" \fI\#(Self.escaped(variable))\fR"#
    write(#"\fB\#(Self.escaped(term))\fR"# + variable)
    plain(meaning)
  }

  /// Begins a paragraph, unless a title has just begun one.
  private mutating func beginParagraph() { if !isAfterTitle { line(".PP") } }

  /// Writes a line of text. A leading dot is escaped, because it would begin a request.
  private mutating func write(_ escaped: String) {
    isAfterTitle = false
    text += (escaped.hasPrefix(".") ? #"\&"# : "") + escaped + "\n"
  }

  private mutating func line(_ request: String, _ arguments: String...) {
    isAfterTitle = false
    text += ([request] + arguments.map { "\"\(Self.escaped($0))\"" }).joined(separator: " ") + "\n"
  }

  /// Returns the text with the names of all characters that roff would interpret, or that are not ASCII.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += #"\e"#
      case "-": result += #"\-"#
      case "\"": result += #"\(dq"#
      case "'": result += #"\(aq"#
      case "`": result += #"\(ga"#
      case "^": result += #"\(ha"#
      case "~": result += #"\(ti"#
      case " "..."~": result.unicodeScalars.append(scalar)
      default:
        let digits = String(scalar.value, radix: 16, uppercase: true)
        result += #"\[u"# + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "]"
      }
    }
    return result
  }
}
