import RollcallCore
import RollcallKit

/// `rollcall report`: how long everybody was how.
struct ReportCommand {
  private let options: ReportOptions

  init(_ options: ReportOptions) { self.options = options }

  func run() throws(UsageError) -> Int32 {
    let names = ShownNames(try CurrentNames(path: options.history.namesFile))
    let log = StandardError(LogOptions())
    let (all, status) = try HistoryReading(options.history, log).read()
    HistoryWarnings(log: log).tell(of: all)
    let histories = try options.history.people.selecting(from: all, names)
    switch options.format {
    case .table: try StandardOutput.write(ReportTable(names: names, look: options.look).text(histories))
    case .json: try StandardOutput.write(StandardOutput.shown(ReportJSON(names: names).line(histories)))
    case .csv: try StandardOutput.write(ReportCSV(names: names).text(histories))
    }
    return status.code
  }
}
