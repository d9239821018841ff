import Libc
import RollcallKit
import Testing

@testable import RollcallCore

@Suite(.timeLimit(.minutes(5)))
struct `The writer of standard output` {
  @Test func `counts a line as written once it is, not when its reader has gone`() async throws {
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

  @Test func `has delivered what its format accepts without writing`() async throws {
    let loop = EventLoop()
    #expect(loop.startThread())
    defer { loop.stop() }
    let store = MemoryStore(epoch: 1, targets: [LineWriter.target])
    // Nothing could be written there.
    let writer = LineWriter(
      on: loop, store: store, output: DescriptorOutput(on: loop, to: NonblockingOutput(-1)), format: Nothing())
    let draft = Event(.watchStopped, at: Timestamp(milliseconds: 0), conference: nil)
    store.commit(PollCommit([draft, draft]))
    #expect(await writer.drain() == nil)
    #expect(store.cursor(of: LineWriter.target).taken == 2)
    #expect(store.undelivered(to: LineWriter.target) == 0)
  }

  private struct Nothing: LineFormat {
    func bytes(of event: StoredEvent) -> [UInt8] { [] }
  }
}
