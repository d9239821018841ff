import Synchronization
import Testing

@testable import RollcallKit

@Suite(.timeLimit(.minutes(5))) struct `A worker thread` {
  private actor Clerk {
    let thread: WorkerThread
    private(set) var numbers: [Int] = []
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    init(_ thread: WorkerThread) { self.thread = thread }

    deinit { thread.stop() }

    func take(_ number: Int) -> Bool {
      numbers.append(number)
      return thread.isCurrent
    }
  }

  @Test func `runs only the jobs of its actor, one after another`() async throws {
    let thread = try #require(WorkerThread.start())
    let clerk = Clerk(thread)
    await withTaskGroup(of: Bool.self) { group in
      for number in 0..<200 { group.addTask { await clerk.take(number) } }
      for await isThere in group { #expect(isThere) }
    }
    #expect(await clerk.numbers.sorted() == Array(0..<200))
    #expect(!thread.isCurrent)
  }

  @Test func `runs a task that prefers it, off the loop`() async throws {
    let loop = EventLoop()
    #expect(loop.startThread())
    defer { loop.stop() }
    let thread = try #require(WorkerThread.start())
    defer { thread.stop() }
    await withTaskExecutorPreference(loop) {
      await withTaskExecutorPreference(thread) { await expect(on: thread) }
      #expect(loop.isCurrent)
    }
  }

  @concurrent private func expect(on thread: WorkerThread) async { #expect(thread.isCurrent) }

  @Test func `ends with its owner`() async throws {
    // Threads that did not end would add up.
    for _ in 0..<2000 {
      let clerk = Clerk(try #require(WorkerThread.start()))
      #expect(await clerk.take(1))
    }
  }
}
