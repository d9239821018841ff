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

  /// The same, of a space that is reached in another way.
  func at(_ space: SpaceAddress) -> CommandRuns { CommandRuns(binary: binary, space: space) }

  /// Milliseconds from starting the command to its first line, once for each run.
  func startUps(_ runs: Int) -> [Double] {
    (0..<runs).compactMap { _ in
      let start = Measure.now
      guard let child = watch([SmallRooms.sid(0), "--once"]) else { return nil }
      let first = Descriptor.read(child.output)
      let end = Measure.now
      guard first.first == UInt8(ascii: "{") else { return nil }
      Descriptor.drain(child.output)
      return Double(end - start) / 1e6
    }
  }

  /// The most memory that watching one conference takes, in bytes.
  func memory(of scenario: Scenario) -> Int? {
    guard let child = watch([scenario.conference, "--interval", "100ms", "--for", "4s"]) else { return nil }
    var most: Int?
    // Where the process has ended, nobody tells any more.
    while !Descriptor.read(child.output).isEmpty { most = child.peakMemory ?? most }
    return most
  }

  // MARK: One quiet room

  /// How a quiet room of an account is watched.
  enum Subject: CaseIterable {
    case sid
    case name
    case all

    var arguments: [String] {
      switch self {
      case .sid: [SmallRooms.sid(0)]
      case .name: ["--name", AccountList.name(0)]
      case .all: ["--all"]
      }
    }
  }

  /// Milliseconds of CPU that each way of watching takes in a second; all are measured at the same time.
  func idle(interval: Int, seconds: Int) -> [Subject: Double] {
    let account = AccountList.sid(conferences: 1, people: 10)
    let options = ["--interval", "\(interval)s", "--for", "\(seconds + 20)s"]
    let children = Subject.allCases.compactMap { subject in
      watch(subject.arguments + options, account: account).map { (subject, $0) }
    }
    for (_, child) in children { _ = Reader.start(on: child.output) }
    Measure.sleep(milliseconds: 5000)
    let began = Measure.now
    let before = children.map(\.1.processorTime)
    Measure.sleep(milliseconds: UInt32(seconds) * 1000)
    let passed = Double(Measure.now - began) / 1e9
    var findings: [Subject: Double] = [:]
    for ((subject, child), before) in zip(children, before) {
      if let before, let after = child.processorTime { findings[subject] = Double(after - before) / 1e6 / passed }
    }
    return findings
  }

  // MARK: Many rooms

  /// What is watched, and for how long.
  struct Load {
    var conferences: Int
    var people: Int
    /// Seconds between two polls of a conference.
    var interval = 1
    /// For how long it is measured, after everything has been scanned.
    var seconds: Int
    /// Whether the received bytes are counted, for which the watch has to serve its metrics.
    var countsBytes = false
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
    /// Bytes received in a second; nil where they were not counted.
    var received: Double?
  }

  /// Watches all conferences of an account.
  func crowd(_ load: Load) -> Crowd? {
    let account = AccountList.sid(conferences: load.conferences, people: load.people)
    let metrics = load.countsBytes ? Metrics() : nil
    let arguments = [
      "--all", "--interval", "\(load.interval)s", "--for", "\(load.seconds + load.interval + 30)s",
      "--max-requests-per-second", "10000",
    ]
    guard let child = watch(arguments + (metrics?.arguments ?? []), account: account), Reader.start(on: child.output),
      let reset = Floor(space.measurements + ListSpace.resetPath),
      let delays = Floor(space.measurements + ListSpace.delaysPath)
    else { return nil }
    Measure.sleep(milliseconds: UInt32(load.interval) * 1000 + 3000)
    let bytesBefore = metrics?.received()
    reset.fetch()
    let (began, before) = (Measure.now, child.processorTime)
    Measure.sleep(milliseconds: UInt32(load.seconds) * 1000)
    let (ended, after) = (Measure.now, child.processorTime)
    delays.fetch()
    let memory = child.peakMemory
    let bytesAfter = metrics?.received()
    let words = String(decoding: delays.body, as: UTF8.self).split(separator: " ")
    guard let before, let after, let memory, words.count == 4, let median = Double(words[0]),
      let most = Double(words[1]), let polls = Int(words[2]), let crowding = Int(words[3])
    else { return nil }
    let received = Self.rate(from: bytesBefore, to: bytesAfter)
    return Crowd(
      processor: 100 * Double(after - before) / Double(ended - began), memory: memory, delays: (median, most),
      polls: polls, crowding: crowding, received: received)
  }

  /// Bytes in a second between two reports.
  private static func rate(from start: Metrics.Received?, to end: Metrics.Received?) -> Double? {
    guard let start, let end, end.moment > start.moment else { return nil }
    return Double(end.bytes - start.bytes) / Double(end.moment - start.moment) * 1e9
  }

  private func watch(_ arguments: [String], account: String = ListedRoom.account) -> ChildProcess? {
    ChildProcess(binary, ["watch"] + arguments, environment: space.environment(account: account))
  }
}
