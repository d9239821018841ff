import RollcallCore
import RollcallKit

/// `rollcall timeline`: writes the history as an HTML page.
struct TimelineCommand: Command {
  static let output = Option(
    "output", short: "o", .file, fallback: "standard output, if that is not a terminal",
    help: "write the page to this file")

  static let spec = CommandSpec(
    name: "timeline",
    summary: "draw what happened in a conference as an HTML page",
    usage: ["timeline [--state FILE | events.ndjson | -] [options] -o timeline.html"],
    details: [
      "Draws a lane for each participant: when they were in the room, muted or on hold, and whom they coached. The page is"
        + " one file without scripts. The events come from a state file, which a watch may be writing, or from saved output."
    ],
    operands: .files, groups: [OptionGroup("Timeline", HistoryOptions.all + [output])])

  let history: HistoryOptions
  /// nil for standard output.
  let output: String?

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    history = try HistoryOptions(arguments, context, for: Self.spec.name)
    let path = try arguments[Self.output]
    guard path != nil || !context.outputIsTerminal else {
      throw UsageError(
        "timeline writes HTML, not text for a terminal", right: "give -o timeline.html, and open that file")
    }
    output = path == "-" ? nil : path
  }

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    if let output { try history.check(output: output) }
    let log = StandardError(LogOptions())
    let given = try CurrentNames(path: history.namesFile)
    let names = ShownNames(given)
    let (histories, status) = try HistoryReading(history, log).read()
    guard !histories.isEmpty else {
      throw UsageError(
        "there is no conference in these events", right: "give the events of a watch that found one", exit: .unavailable
      )
    }
    HistoryWarnings(log: log).tell(of: histories, named: given.names)
    let selected = try history.people.selecting(from: histories, names)
    let people = Dictionary(
      histories.map { ($0.conference, names.names(of: $0.people)) }, uniquingKeysWith: { first, _ in first })
    let page = TimelinePage(selected, names: names, people: people)
    for omission in page.omissions { log.log(.warning, omission) }
    if let path = output {
      try OutputFile.write(page.html(), to: path)
    } else {
      try StandardOutput.write(page.html())
    }
    return status.code
  }
}
