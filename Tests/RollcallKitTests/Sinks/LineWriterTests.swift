import Libc
import RollcallKit
import RollcallTestKit
import Synchronization
import Testing

@testable import RollcallCore

@Suite(.timeLimit(.minutes(5)))
struct `The writer of standard output` {
  @Test func `counts a line as written once it is, and not if its reader has gone`() async throws {
    Signals.ignoreBrokenPipes()
    let loop = EventLoop()
    #expect(loop.startThread())
    defer { loop.stop() }
    var ends: [Int32] = [-1, -1]
    #expect(unsafe pipe(&ends) == 0)
    let (reader, output) = (ends[0], ends[1])
    defer { close(output) }
    let store = MemoryStore(epoch: 1, targets: [LineWriter.target])
    let writer = LineWriter(
      on: loop, store: store, output: DescriptorOutput(on: loop, to: NonblockingOutput(output)))
    let commit = PollCommit([Event(.watchStopped, at: Timestamp(milliseconds: 0), conference: nil)])
    store.commit(commit)
    #expect(await writer.drain() == nil)
    #expect(store.cursor(of: LineWriter.target).taken == 1)
    close(reader)
    store.commit(commit)
    #expect(await writer.drain() == .readerGone)
    #expect(store.cursor(of: LineWriter.target).taken == 1)
  }

  @Test(arguments: [(StoreFailure(.busy, "locked"), true), (StoreFailure(.damaged, "broken"), false)])
  func `waits for a store that another program has locked, and for no other`(failure: StoreFailure, waits: Bool) async {
    let loop = EventLoop(time: SimulatedTime(wallClock: Timestamp(milliseconds: 0)))
    #expect(loop.startThread())
    defer { loop.stop() }
    let end = BootInstant(nanoseconds: 3_000_000_000)
    let store = ScriptedStore(reading: { loop.now < end ? failure : nil }, { _ in nil })
    let output = DescriptorOutput(on: loop, to: NonblockingOutput(-1))
    let writer = LineWriter(on: loop, store: store, output: output, format: Nothing())
    let commit = PollCommit([Event(.watchStopped, at: Timestamp(milliseconds: 0), conference: nil)])
    try? await store.commit(commit)
    #expect(await writer.drain() == (waits ? nil : .unreadable(failure)))
    #expect(loop.now == (waits ? end : BootInstant(nanoseconds: 0)))
  }

  @Test func `counts events that its format leaves out as delivered`() async throws {
    let loop = EventLoop()
    #expect(loop.startThread())
    defer { loop.stop() }
    let store = MemoryStore(epoch: 1, targets: [LineWriter.target])
    // Writing to this output would fail.
    let writer = LineWriter(
      on: loop, store: store, output: DescriptorOutput(on: loop, to: NonblockingOutput(-1)), format: Nothing())
    let draft = Event(.watchStopped, at: Timestamp(milliseconds: 0), conference: nil)
    store.commit(PollCommit([draft, draft]))
    #expect(await writer.drain() == nil)
    #expect(store.cursor(of: LineWriter.target).taken == 2)
    #expect(store.undelivered(to: LineWriter.target) == 0)
  }

  /// Accepts a number of writes, and then none.
  private final class Recorder: LineOutput {
    let maximumWrite: Int
    private let patience: Int
    private let writes = Mutex<[[UInt8]]>([])

    init(maximumWrite: Int, patience: Int = .max) { (self.maximumWrite, self.patience) = (maximumWrite, patience) }

    var taken: [[UInt8]] { writes.withLock { $0 } }

    func write(_ lines: [UInt8]) async -> LineWriter.Ending? {
      writes.withLock { writes in
        guard writes.count < patience else { return .readerGone }
        writes.append(lines)
        return nil
      }
    }

    func readerLeaves() async -> LineWriter.Ending { .cancelled }
  }

  /// Writes lines of random lengths, and for some events none.
  private struct Lengths: LineFormat {
    let seed: UInt64

    func bytes(of event: StoredEvent) -> [UInt8] {
      let length = Int(SplitMix64.number(event.sequence, seed: seed) % 120)
      return length == 0 ? [] : [UInt8](repeating: UInt8(ascii: "x"), count: length - 1) + [UInt8(ascii: "\n")]
    }
  }

  /// Less than the writer reads from a store at once.
  private static let count = 200

  private static func store() -> MemoryStore {
    let store = MemoryStore(epoch: 1, targets: [LineWriter.target])
    let draft = Event(.watchStopped, at: Timestamp(milliseconds: 0), conference: nil)
    store.commit(PollCommit(Array(repeating: draft, count: count)))
    return store
  }

  @Test(arguments: [0, 1, 100, 4096], 0..<5 as Range<UInt64>)
  func `writes as many whole lines at once as the output accepts`(maximum: Int, seed: UInt64) async {
    let loop = EventLoop()
    #expect(loop.startThread())
    defer { loop.stop() }
    let (store, output, format) = (Self.store(), Recorder(maximumWrite: maximum), Lengths(seed: seed))
    let lines = store.events(after: 0, limit: Self.count).map(format.bytes).filter { !$0.isEmpty }
    let writer = LineWriter(on: loop, store: store, output: output, format: format)
    #expect(await writer.drain() == nil)
    var expected: [[UInt8]] = []
    for line in lines {
      if let last = expected.last, last.count + line.count <= maximum {
        expected[expected.count - 1] += line
      } else {
        expected.append(line)
      }
    }
    #expect(output.taken == expected)
    #expect(store.undelivered(to: LineWriter.target) == 0)
  }

  @Test(arguments: 0..<5)
  func `counts only those lines of a write that its reader took`(patience: Int) async {
    let loop = EventLoop()
    #expect(loop.startThread())
    defer { loop.stop() }
    let (store, output) = (Self.store(), Recorder(maximumWrite: 1000, patience: patience))
    let writer = LineWriter(on: loop, store: store, output: output)
    #expect(await writer.drain() == .readerGone)
    let taken = output.taken.joined().count { $0 == UInt8(ascii: "\n") }
    #expect(output.taken.count == patience && (patience == 0 || taken > patience))
    #expect(store.undelivered(to: LineWriter.target) == Self.count - taken)
    #expect(await writer.written == taken)
  }

  private struct Nothing: LineFormat {
    func bytes(of event: StoredEvent) -> [UInt8] { [] }
  }
}
