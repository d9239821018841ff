import Synchronization
import Testing

@testable import RollcallKit

@Suite(.timeLimit(.minutes(5)))
struct `The signals that end a command` {
  /// The exit statuses with which the process would have ended.
  private final class Exits: Sendable {
    let list = Mutex<[Int32]>([])
  }

  /// A clock that moves only when it is told to.
  private final class ManualClock: Sendable {
    let moment = Mutex(BootInstant(nanoseconds: 0))

    func advance(by duration: Duration) { moment.withLock { $0 = $0.advanced(by: duration) } }
  }

  private let exits = Exits()
  private let clock = ManualClock()

  private func make(statusBeforeStart: Int32? = 0) -> Signals {
    let (exits, clock) = (exits, clock)
    return Signals(statusBeforeStart: statusBeforeStart) {
      clock.moment.withLock { $0 }
    } leave: { status in
      exits.list.withLock { $0.append(status) }
    }
  }

  private var statuses: [Int32] { exits.list.withLock { $0 } }

  @Test(arguments: [0, 75] as [Int32])
  func `before a command has begun, the first signal ends the process with the given status`(status: Int32) {
    let signals = make(statusBeforeStart: status)
    signals.arrive(.hangUp)
    #expect(statuses.isEmpty)
    signals.arrive(.terminate)
    #expect(statuses == [status])
  }

  @Test(arguments: [(Signals.Signal.interrupt, 130), (.terminate, 143)] as [(Signals.Signal, Int32)])
  func `before a command has begun, the first signal ends the process with its own status if none is given`(
    signal: Signals.Signal, status: Int32
  ) {
    let signals = make(statusBeforeStart: nil)
    signals.arrive(signal)
    #expect(statuses == [status])
  }

  @Test func `the first signal is passed to the waiting task, and the second one ends the process`() async {
    let signals = make()
    let loop = EventLoop()
    loop.startThread()
    defer { loop.stop() }
    async let first = ending(of: signals, on: loop)
    async let second = ending(of: signals, on: loop)
    await untilAwaited(signals, by: 2)
    signals.arrive(.interrupt)
    #expect(await [first, second] == [true, true])
    #expect(statuses.isEmpty && signals.statusOfFirst == 130)
    // A later caller learns of it too.
    #expect(await signals.ending())
    signals.arrive(.hangUp)
    #expect(statuses.isEmpty)
    signals.arrive(.terminate)
    #expect(statuses == [143] && signals.statusOfFirst == 130)
  }

  @Test(arguments: [(Signals.Signal.interrupt, 130), (.terminate, 143)] as [(Signals.Signal, Int32)])
  func `the second signal ends the process even if the first was not acted on`(signal: Signals.Signal, status: Int32)
    async
  {
    let signals = make()
    let waiter = Task { await signals.ending() }
    await untilAwaited(signals, by: 1)
    waiter.cancel()
    #expect(await !waiter.value)
    signals.arrive(.terminate)
    #expect(statuses.isEmpty)
    clock.advance(by: Signals.repetition)
    signals.arrive(signal)
    #expect(statuses == [status])
  }

  @Test func `the same signal again within a moment is not a second one`() async {
    let signals = make()
    let waiter = Task { await signals.ending() }
    await untilAwaited(signals, by: 1)
    // As GNU timeout does: it signals its command, and then the process group.
    signals.arrive(.terminate)
    signals.arrive(.terminate)
    clock.advance(by: Signals.repetition - .nanoseconds(1))
    signals.arrive(.terminate)
    #expect(await waiter.value)
    #expect(statuses.isEmpty)
    signals.arrive(.interrupt)
    #expect(statuses == [130])
  }

  @Test func `a cancelled wait ends`() async {
    let signals = make()
    let waiter = Task { await signals.ending() }
    waiter.cancel()
    #expect(await !waiter.value)
  }

  @Test func `SIGHUP is kept until it is read`() async {
    let signals = make()
    signals.arrive(.hangUp)
    signals.arrive(.hangUp)
    #expect(await signals.hangUps.first { _ in true } != nil)
  }

  private func ending(of signals: Signals, on loop: EventLoop) async -> Bool {
    await Task(executorPreference: loop) { await signals.ending() }.value
  }

  private func untilAwaited(_ signals: Signals, by count: Int) async {
    while signals.waiterCount < count { await Task.yield() }
  }
}
