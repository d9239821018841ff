import Libc
import RollcallCore
import Synchronization
import Testing

@testable import RollcallKit

@Suite(.timeLimit(.minutes(5)))
struct `The event loop` {
  private actor Counter {
    let loop: EventLoop
    private(set) var count = 0
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init(on loop: EventLoop) { self.loop = loop }

    func add() -> Bool {
      count += 1
      return loop.isCurrent
    }

    nonisolated func addFromCallback() { assumeIsolated { $0.count += 1 } }
  }

  private struct Wake: Equatable {
    var number: Int
    var isEarly: Bool
  }

  private final class Wakes: Sendable {
    let list = Mutex<[Wake]>([])
  }

  @Test func `a task runs on the calling thread and returns its result`() {
    let loop = EventLoop()
    let counter = Counter(on: loop)
    let status = loop.run {
      guard loop.isCurrent, await counter.add() else { return 1 }
      await Task.yield()
      counter.addFromCallback()
      return loop.isCurrent ? Int32(await counter.count) : 3
    }
    #expect(status == 2)
    #expect(loop.run { 7 } == 7)
  }

  @Test func `other threads can call its actors`() async {
    let loop = EventLoop()
    loop.startThread()
    defer { loop.stop() }
    let counter = Counter(on: loop)
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<200 { group.addTask { await counter.add() } }
      for await isOnLoop in group { #expect(isOnLoop) }
    }
    #expect(await counter.count == 200)
    #expect(!loop.isCurrent)
  }

  @Test func `sleepers wake in the order of their deadlines, and not before`() {
    let loop = EventLoop()
    let wakes = Wakes()
    let status = loop.run {
      let start = loop.now
      await withTaskGroup(of: Void.self) { group in
        for number in [5, 1, 4, 2, 3, 0] {
          group.addTask {
            let deadline = start.advanced(by: .milliseconds(number * 10))
            try? await loop.sleep(until: deadline)
            let isEarly = loop.now < deadline
            wakes.list.withLock { $0.append(Wake(number: number, isEarly: isEarly)) }
          }
        }
      }
      return 0
    }
    #expect(status == 0)
    #expect(wakes.list.withLock { $0 } == (0...5).map { Wake(number: $0, isEarly: false) })
  }

  @Test func `a cancelled sleep returns at once and leaves the loop`() {
    let loop = EventLoop()
    let status = loop.run {
      let task = Task(executorPreference: loop) { () -> Bool in
        do throws(CancellationError) {
          try await loop.sleep(for: .seconds(3600))
          return false
        } catch {
          return true
        }
      }
      while loop.timers.count == 0 { await Task.yield() }
      task.cancel()
      let wasCut = await task.value
      return wasCut && loop.timers.count == 0 ? 0 : 1
    }
    #expect(status == 0)
  }

  @Test(arguments: [(10, 4), (10, 20), (10, 10), (10, 0)])
  func `a moved timer fires once, at its new time`(_ first: Int, _ second: Int) {
    let loop = EventLoop(time: SimulatedTime(wallClock: Timestamp(milliseconds: 0)))
    for isAsleep in [true, false] {
      let before = loop.work.timersFired
      let status = loop.run {
        let start = loop.now
        let timer = loop.timer(for: start.advanced(by: .seconds(first)))
        let sleeper = Task(executorPreference: loop) {
          try? await loop.sleep(timer)
          return start.duration(to: loop.now)
        }
        while isAsleep, loop.timers.count == 0 { await Task.yield() }
        loop.move(timer, to: start.advanced(by: .seconds(second)))
        return await sleeper.value == .seconds(second) ? 0 : 1
      }
      #expect(status == 0)
      #expect(loop.work.timersFired == before + 1)
    }
  }

  @Test func `timers close to each other need only one wait`() {
    let loop = EventLoop(time: SimulatedTime(wallClock: Timestamp(milliseconds: 0)))
    let start = loop.now.advanced(by: .microseconds(2501))
    _ = loop.run {
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<24 {
          group.addTask { try? await loop.sleep(until: start.advanced(by: .microseconds(number * 100))) }
        }
      }
      return 0
    }
    #expect(loop.work.timersFired == 24)
    #expect(loop.work.waits == 1)
    #expect(loop.now == BootInstant(nanoseconds: 5_000_000))
  }

  @Test func `a sleep in a cancelled task does not begin`() async {
    let loop = EventLoop()
    loop.startThread()
    defer { loop.stop() }
    await withTaskGroup(of: Bool.self) { group in
      group.cancelAll()
      group.addTask { (try? await loop.sleep(for: .seconds(3600))) == nil }
      #expect(await group.next() == true)
    }
  }

  @Test func `a pipe reports when it is readable, writable and without a reader`() async throws {
    let loop = EventLoop()
    loop.startThread()
    defer { loop.stop() }
    Signals.ignoreBrokenPipes()
    var ends: [Int32] = [-1, -1]
    #expect(unsafe pipe(&ends) == 0)
    let (reader, writer) = (ends[0], ends[1])
    #expect(try await loop.readiness(of: writer, for: .writable) == .ready)
    async let readable = loop.readiness(of: reader, for: .readable)
    var byte: UInt8 = 1
    #expect(unsafe write(writer, &byte, 1) == 1)
    #expect(try await readable == .ready)
    async let gone = loop.readiness(of: writer, for: .readerGone)
    close(reader)
    #expect(try await gone == .gone)
    #expect(try await loop.readiness(of: writer, for: .writable) == .gone)
    close(writer)
  }

  @Test func `endless jobs delay neither descriptors nor timers`() throws {
    let loop = EventLoop()
    var ends: [Int32] = [-1, -1]
    #expect(unsafe pipe(&ends) == 0)
    let (reader, writer) = (ends[0], ends[1])
    let status = loop.run {
      let busy = Task(executorPreference: loop) { while !Task.isCancelled { await Task.yield() } }
      defer { busy.cancel() }
      try? await loop.sleep(for: .milliseconds(10))
      async let readable = loop.readiness(of: reader, for: .readable)
      var byte: UInt8 = 1
      guard unsafe write(writer, &byte, 1) == 1 else { return 1 }
      return (try? await readable) == .ready ? 0 : 2
    }
    #expect(status == 0)
    for end in ends { close(end) }
  }

  @Test func `a cancelled wait for a descriptor ends`() async {
    let loop = EventLoop()
    loop.startThread()
    defer { loop.stop() }
    var ends: [Int32] = [-1, -1]
    #expect(unsafe pipe(&ends) == 0)
    let reader = ends[0]
    let task = Task { try? await loop.readiness(of: reader, for: .readable) }
    task.cancel()
    #expect(await task.value == nil)
    for end in ends { close(end) }
  }
}
