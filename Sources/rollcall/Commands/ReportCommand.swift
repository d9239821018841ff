import RollcallCore
import RollcallKit

/// `rollcall report`: how long each participant was in the room, muted, on hold and coaching.
struct ReportCommand: Command {
  enum Format: String, CaseIterable, Sendable {
    case text
    case json
    case csv
  }

  static let format = Option(
    "format", .choice(of: Format.self), fallback: "text on a terminal, else json", help: "the format of the report")

  static let spec = CommandSpec(
    name: "report",
    summary: "report how long each participant was in the room, muted and on hold",
    usage: ["report [--state FILE | events.ndjson | -] [options]"],
    details: [
      "Prints for each conference its length and its peak and average number of participants, and for each participant how"
        + " long they were in the room, muted, on hold and coaching. A state that has not ended counts up to the last event."
    ],
    operands: .files, groups: [OptionGroup("Report", HistoryOptions.all + [format])])

  let history: HistoryOptions
  let format: Format
  let terminal: TerminalCapabilities

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    history = try HistoryOptions(arguments, context, for: Self.spec.name)
    terminal = context.terminal
    format = try arguments[Self.format] ?? (context.outputIsTerminal ? .text : .json)
  }

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    let given = try CurrentNames(path: history.namesFile)
    let names = ShownNames(given)
    let log = StandardError(LogOptions())
    let (all, status) = try HistoryReading(history, log).read()
    HistoryWarnings(log: log).tell(of: all, named: given.names)
    let histories = try history.people.selecting(from: all, names)
    switch format {
    case .text: try StandardOutput.write(ReportTable(names: names, terminal: terminal).text(histories))
    case .json: try StandardOutput.write(StandardOutput.shown(ReportJSON(names: names).line(histories)))
    case .csv: try StandardOutput.write(ReportCSV(names: names).text(histories))
    }
    return status.code
  }
}
