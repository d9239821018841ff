import RollcallCore

/// How the answers of discovery are written into a state file, and read from it.
struct DiscoveryStatements {
  private let save: SQLiteStatement
  private let read: SQLiteStatement

  init(_ database: SQLiteDatabase) throws(StoreFailure) {
    save = try database.prepare("INSERT OR REPLACE INTO discovery (question, asked_at, unscanned) VALUES (?, ?, ?)")
    read = try database.prepare("SELECT question, asked_at, unscanned FROM discovery")
  }

  func save(_ answer: SavedDiscovery) throws(StoreFailure) {
    save.begin().bind(answer.question).bind(answer.askedAt.milliseconds)
    try save.bind(answer.unscannedText).run()
  }

  /// The last complete answer to each question.
  func all() throws(StoreFailure) -> [SavedDiscovery] {
    var answers: [SavedDiscovery] = []
    read.begin()
    while try read.next() {
      guard let question = read.text(0), let moment = read.integer(1),
        let answer = SavedDiscovery(
          question: question, askedAt: Timestamp(milliseconds: moment), unscannedText: read.bytes(2) ?? [])
      else { throw StoreFailure(.damaged, "an answer of discovery in it cannot be read") }
      answers.append(answer)
    }
    return answers
  }
}
