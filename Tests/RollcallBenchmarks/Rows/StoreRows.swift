import Libc
import RollcallCore
import RollcallKit
import Synchronization

/// Measures how long it takes until a poll's events are on the disk.
struct StoreRows {
  private static let target = 0.5
  private static let warmUp = 50
  private static let events = 3

  /// The number of commits to measure.
  let commits: Int

  var rows: [Benchmark.Row] {
    [Benchmark.Row(name: "commit to a state file") { measure() }]
  }

  private func measure() -> [Finding] {
    guard let folder = Self.makeFolder() else {
      return [Finding(note: "commit to a state file", "could not create a folder")]
    }
    defer { Self.remove(folder) }
    let times = Mutex<[Double]>([])
    let loop = EventLoop()
    let commits = commits
    let code = loop.run {
      do throws(StoreFailure) {
        let owner = SQLiteStore.Owner(origin: "https://example.signalwire.com", account: "p")
        let store = try await SQLiteStore.open(
          on: loop, path: folder + "/state", owner: owner, epoch: 1, process: getpid())
        for number in 0..<Self.warmUp + commits {
          let commit = Self.commit(number)
          let start = Measure.now
          try await store.commit(commit)
          if number >= Self.warmUp { times.withLock { $0.append(Double(Measure.now - start) / 1e6) } }
        }
        return 0
      } catch {
        return 1
      }
    }
    let sorted = times.withLock { $0.sorted() }
    guard code == 0, !sorted.isEmpty else { return [Finding(note: "commit to a state file", "the commits failed")] }
    return [
      Finding(
        "commit of \(Self.events) events and a person to a state file, median", sorted[sorted.count / 2],
        atMost: Self.target, text: Finding.milliseconds),
      Finding(note: "the same, p99", Finding.milliseconds(sorted[sorted.count * 99 / 100])),
      Finding(note: "write and fdatasync of 16 kB, median", Finding.milliseconds(Self.floor(in: folder, commits))),
    ]
  }

  private static func commit(_ number: Int) -> PollCommit {
    let moment = Timestamp(milliseconds: 1_795_000_000_000 + Int64(number))
    let counts = WatchDetail.Heartbeat(
      conferences: 1, participants: 10, polls: number, failures: 0, pollDelayMedian: .zero,
      pollDelay99thPercentile: .zero, undelivered: 0)
    guard let conference = ConferenceSID("CF"), let call = CallSID("call-\(number % 1000)") else {
      return PollCommit([])
    }
    var changes = RoomChanges(head: SavedRoom.Head(conference: conference))
    changes.head.lastScanEnd = moment
    let record = "{\"call_sid\":\"\(call.text)\",\"label\":\"\(String(repeating: "x", count: 560))\"}"
    changes.people = [SavedRoom.Person(callSID: call, record: Array(record.utf8))]
    return PollCommit(Array(repeating: .heartbeat(counts, at: moment), count: events), changes: changes)
  }

  /// Returns the median time, in milliseconds, to write and sync about as many bytes without a store.
  private static func floor(in folder: String, _ rounds: Int) -> Double {
    let descriptor = unsafe open(folder + "/floor", O_WRONLY | O_CREAT, 0o600)
    guard descriptor >= 0 else { return .infinity }
    defer { close(descriptor) }
    let bytes = [UInt8](repeating: 1, count: 16_384)
    let times = (0..<rounds).map { _ in
      let start = Measure.now
      _ = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
      fdatasync(descriptor)
      return Double(Measure.now - start) / 1e6
    }.sorted()
    return times[times.count / 2]
  }

  /// Creates a folder in the current directory, because `/tmp` may be in memory.
  private static func makeFolder() -> String? {
    var template = Array("./rollcall-benchmark-XXXXXX".utf8CString)
    let isMade = unsafe template.withUnsafeMutableBufferPointer { bytes in
      unsafe bytes.baseAddress.map { unsafe mkdtemp($0) != nil } ?? false
    }
    guard isMade else { return nil }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func remove(_ folder: String) {
    for name in ["/state", "/state-wal", "/state-shm", "/floor"] { unsafe unlink(folder + name) }
    unsafe rmdir(folder)
  }
}
