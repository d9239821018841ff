import Libc

/// Measures the built command from outside.
struct CommandRuns {
  let binary: String
  let space: SpaceAddress

  /// The size of the binary in bytes; nil if there is none.
  var size: Int? {
    var information = stat()
    return unsafe stat(binary, &information) == 0 ? Int(information.st_size) : nil
  }

  /// Returns the same runs for a space that is reached in another way.
  func at(_ space: SpaceAddress) -> CommandRuns { CommandRuns(binary: binary, space: space) }

  /// Returns the time from starting the command to its first line in each run, in milliseconds.
  func startUps(_ runs: Int) -> [Double] {
    (0..<runs).compactMap { _ in
      let start = Measure.now
      guard let child = watch([CountedRooms.sid(0), "--once"]) else { return nil }
      let first = Descriptor.read(child.output)
      let end = Measure.now
      guard first.first == UInt8(ascii: "{") else { return nil }
      Descriptor.drain(child.output)
      return Double(end - start) / 1e6
    }
  }

  /// Returns the maximum memory that watching one conference takes, in bytes.
  func memory(of scenario: Scenario) -> Int? {
    guard let child = watch([scenario.conference, "--interval", "100ms", "--for", "4s"]) else { return nil }
    var most: Int?
    // Once the process has ended, its memory is no longer reported.
    while !Descriptor.read(child.output).isEmpty { most = child.peakMemory ?? most }
    return most
  }

  // MARK: One quiet room

  /// The ways to watch a quiet room.
  enum Subject: CaseIterable {
    case sid
    case name
    case all

    var arguments: [String] {
      switch self {
      case .sid: [CountedRooms.sid(0)]
      case .name: ["--name", AccountList.name(0)]
      case .all: ["--all"]
      }
    }
  }

  /// Returns the CPU time in milliseconds that each way of watching takes per second; all are measured at the same
  /// time.
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
    /// The number of seconds between two polls of a conference.
    var interval = 1
    /// How many seconds to measure, after everything has been scanned.
    var seconds: Int
    /// Whether to count the received bytes, for which the watch must serve its metrics.
    var countsBytes = false
  }

  /// The cost of watching many conferences.
  struct Crowd {
    /// The CPU time, in percent of one core.
    var processor: Double
    var memory: Int
    /// The delays of polls, in milliseconds.
    var delays: (median: Double, most: Double)
    var polls: Int
    /// The maximum number of conferences polled within ten milliseconds.
    var crowding: Int
    /// The bytes received per second; nil if they were not counted.
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

  /// Returns the bytes per second between two reports.
  private static func rate(from start: Metrics.Received?, to end: Metrics.Received?) -> Double? {
    guard let start, let end, end.moment > start.moment else { return nil }
    return Double(end.bytes - start.bytes) / Double(end.moment - start.moment) * 1e9
  }

  private func watch(_ arguments: [String], account: String = ListedRoom.account) -> ChildProcess? {
    ChildProcess(binary, ["watch"] + arguments, environment: space.environment(account: account))
  }
}
