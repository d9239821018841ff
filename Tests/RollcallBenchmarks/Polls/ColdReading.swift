import RollcallCore

/// Measures how long the reader takes for a whole page that it has never seen.
struct ColdReading {
  private static let readsInRound = 20

  private let bytes: PaddedBytes
  private let conference: ConferenceSID

  init?(_ formatting: ListedRoom.Formatting) {
    guard let conference = ConferenceSID(Scenario.unchanged.conference) else { return nil }
    self.conference = conference
    bytes = PaddedBytes(ListedRoom(conference.text, people: Scenario.unchanged.people).page(formatting))
  }

  /// Returns the processor time of one read in each round, in milliseconds, with the bytes and the memory in the
  /// caches.
  func samples(rounds: Int) -> [Double] {
    var reader = PageReader()
    var rows = 0
    let samples = (0...rounds).map { _ in
      let start = Measure.threadTime
      for _ in 0..<Self.readsInRound {
        do throws(PageError) {
          rows += try reader.read(bytes, conference: conference).rows.count
        } catch {
          return Double.infinity
        }
      }
      return Double(Measure.threadTime - start) / 1e6 / Double(Self.readsInRound)
    }
    precondition(
      rows == samples.count * Self.readsInRound * Scenario.unchanged.people, "a page of the benchmark is not valid")
    return Array(samples.dropFirst())
  }
}
