import Libc
import RollcallCore
import RollcallKit
import Synchronization

/// Where log lines go. Nobody waits for their reader: a line that finds no room is dropped and counted, or kept.
final class LogOutput: Sendable {
  /// Standard error of this process.
  static let usual = LogOutput(NonblockingOutput(STDERR_FILENO))

  /// The maximum number of lines that are kept until there is room; beyond it the oldest is dropped.
  static let maximumKept = 1024
  /// How long a process that is about to end waits for a slow reader of its last lines.
  private static let lastWait: Duration = .milliseconds(500)
  /// The pause between attempts on an output that seems to have room and has none.
  private static let pause: Duration = .milliseconds(100)

  private struct State {
    /// What is left of a line that was cut.
    var rest: ArraySlice<UInt8> = []
    var kept: [[UInt8]] = []
    /// Lines dropped since there was room.
    var dropped = 0
    /// Makes the line that says so.
    var notice: @Sendable (Int) -> [UInt8] = { _ in [] }

    var isBehind: Bool { !rest.isEmpty || dropped > 0 || !kept.isEmpty }
  }

  private let output: NonblockingOutput
  private let state = Mutex(State())
  /// Has an element when lines begin to wait for room.
  private let stalls: AsyncStream<Void>
  private let stall: AsyncStream<Void>.Continuation

  init(_ output: NonblockingOutput) {
    self.output = output
    (stalls, stall) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Writes a line if there is room for it.
  ///
  /// - Parameters:
  ///   - isKept: whether it waits for room if there is none, rather than being dropped.
  ///   - notice: makes a line that says how many were dropped.
  func write(_ line: [UInt8], isKept: Bool, notice: @escaping @Sendable (Int) -> [UInt8]) {
    state.withLock { state in
      state.notice = notice
      catchUp(&state)
      if state.isBehind || !send(line[...], &state) {
        if isKept { state.kept.append(line) } else { state.dropped += 1 }
        if state.kept.count > Self.maximumKept {
          state.kept.removeFirst()
          state.dropped += 1
        }
      }
      if state.isBehind { stall.yield() }
    }
  }

  /// Writes bytes that are of no use later, as far as there is room.
  func writeAtOnce(_ bytes: [UInt8]) {
    state.withLock { state in
      if !state.isBehind { _ = output.offer(bytes[...]) }
    }
  }

  /// Writes what is kept, and how many lines were dropped, as soon as there is room, until the task is cancelled.
  func attend(on loop: EventLoop) async {
    for await _ in stalls {
      do throws(CancellationError) {
        while state.withLock(\.isBehind) {
          _ = try await output.room(on: loop)
          guard !catchUp() else { break }
          try await loop.sleep(for: Self.pause)
        }
      } catch {
        return
      }
    }
  }

  /// Waits on the calling thread, briefly, until the last lines of the process are written.
  func finish() {
    let end = BootInstant.now.advanced(by: Self.lastWait)
    while !catchUp() || output.flush() == .noRoom {
      let left = BootInstant.now.duration(to: end).wholeMilliseconds
      guard left > 0 else { return }
      output.waitForRoom(milliseconds: Int32(left))
    }
  }

  /// - Returns: whether nothing waits any longer.
  private func catchUp() -> Bool {
    state.withLock { state in
      catchUp(&state)
      return !state.isBehind
    }
  }

  private func catchUp(_ state: inout State) {
    let rest = state.rest
    state.rest = []
    guard rest.isEmpty || send(rest, &state) else {
      state.rest = rest
      return
    }
    guard state.rest.isEmpty else { return }
    if state.dropped > 0 {
      guard send(state.notice(state.dropped)[...], &state) else { return }
      state.dropped = 0
    }
    while state.rest.isEmpty, !state.kept.isEmpty {
      let line = state.kept.removeFirst()
      guard send(line[...], &state) else { return state.kept.insert(line, at: 0) }
    }
  }

  /// - Returns: whether the line, or a part of it, is written, or never will be, in which case nothing waits any longer.
  private func send(_ line: ArraySlice<UInt8>, _ state: inout State) -> Bool {
    switch output.offer(line) {
    case .taken(let count): state.rest = line.dropFirst(count)
    case .noRoom: return false
    case .readerGone, .failed: state = State()
    }
    return true
  }
}
