import Libc

/// What is measured from outside, of the built command.
struct CommandRuns {
  let binary: String
  let space: SpaceAddress

  /// Bytes of the file; nil where there is none.
  var size: Int? {
    var information = stat()
    return unsafe stat(binary, &information) == 0 ? Int(information.st_size) : nil
  }

  /// Milliseconds from starting the command to its first line, once for each run.
  func startUps(_ runs: Int) -> [Double] {
    (0..<runs).compactMap { _ in
      let start = Measure.now
      guard let child = watch([SmallRooms.sid(0)], ["--once"]) else { return nil }
      let first = Descriptor.read(child.output)
      let end = Measure.now
      guard first.first == UInt8(ascii: "{") else { return nil }
      Descriptor.drain(child.output)
      return Double(end - start) / 1e6
    }
  }

  /// The most memory that watching one conference takes, in bytes.
  func memory(of scenario: Scenario) -> Int? {
    guard let child = watch([scenario.conference], ["--interval", "100ms", "--for", "4s"]) else { return nil }
    var most: Int?
    // Where the process has ended, nobody tells any more.
    while !Descriptor.read(child.output).isEmpty { most = child.peakMemory ?? most }
    return most
  }

  /// What many conferences cost.
  struct Crowd {
    /// Percent of one core.
    var processor: Double
    var memory: Int
    /// Milliseconds.
    var delays: (median: Double, most: Double)
    var polls: Int
    /// The most conferences polled within ten milliseconds.
    var crowding: Int
  }

  /// - Parameters:
  ///   - interval: seconds between two polls of a conference.
  ///   - seconds: for how long it is measured, after everything has been scanned.
  func crowd(conferences: Int, people: Int, interval: Int = 1, seconds: Int) -> Crowd? {
    let sids = (0..<conferences).map { SmallRooms.sid($0, people: people) }
    let arguments = [
      "--interval", "\(interval)s", "--for", "\(seconds + interval + 20)s", "--max-requests-per-second", "10000",
    ]
    guard let child = watch(sids, arguments), Reader.start(on: child.output),
      let reset = Floor(space.measurements + ListSpace.resetPath),
      let delays = Floor(space.measurements + ListSpace.delaysPath)
    else { return nil }
    Measure.sleep(milliseconds: UInt32(interval) * 1000 + 3000)
    reset.fetch()
    let (began, before) = (Measure.now, child.processorTime)
    Measure.sleep(milliseconds: UInt32(seconds) * 1000)
    let (ended, after) = (Measure.now, child.processorTime)
    delays.fetch()
    let memory = child.peakMemory
    let words = String(decoding: delays.body, as: UTF8.self).split(separator: " ")
    guard let before, let after, let memory, words.count == 4, let median = Double(words[0]),
      let most = Double(words[1]), let polls = Int(words[2]), let crowding = Int(words[3])
    else { return nil }
    return Crowd(
      processor: 100 * Double(after - before) / Double(ended - began), memory: memory, delays: (median, most),
      polls: polls, crowding: crowding)
  }

  private func watch(_ sids: [String], _ options: [String]) -> ChildProcess? {
    ChildProcess(binary, ["watch"] + sids + options, environment: space.environment)
  }
}
