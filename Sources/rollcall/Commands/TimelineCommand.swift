import RollcallCore
import RollcallKit

/// `rollcall timeline`: what happened, as a page of HTML.
struct TimelineCommand {
  private let options: TimelineOptions

  init(_ options: TimelineOptions) { self.options = options }

  func run() throws(UsageError) -> Int32 {
    let log = StandardError(LogOptions())
    let names = ShownNames(try CurrentNames(path: options.history.namesFile))
    let (histories, status) = try HistoryReading(options.history, log).read()
    guard !histories.isEmpty else {
      throw UsageError(
        "there is no conference in these events", right: "give those of a watch that found one", exit: .unavailable)
    }
    HistoryWarnings(log: log).tell(of: histories)
    let selected = try options.history.people.selecting(from: histories, names)
    let people = Dictionary(
      histories.map { ($0.conference, names.names(of: $0.people)) }, uniquingKeysWith: { first, _ in first })
    let page = TimelinePage(selected, names: names, people: people)
    for omission in page.omissions { log.log(.warning, omission) }
    if let path = options.output {
      try OutputFile.write(page.html(), to: path)
    } else {
      try StandardOutput.write(page.html())
    }
    return status.code
  }
}
