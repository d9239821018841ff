import RollcallCore

/// Says on standard error what a history leaves out.
struct HistoryWarnings {
  let log: StandardError

  func tell(of histories: [ConferenceHistory]) {
    for history in histories where history.missing > 0 {
      let people = history.missing == 1 ? "1 person is" : "\(history.missing) people are"
      log.log(
        .warning, "\(people) left out of \(history.conference): the events that told of their coming are missing")
    }
  }
}
