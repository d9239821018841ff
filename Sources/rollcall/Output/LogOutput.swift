import Libc
import RollcallCore
import RollcallKit
import Synchronization

/// The output for log lines, which never waits for its reader: a line for which there is no room is dropped and
/// counted, or kept.
final class LogOutput: Sendable {
  /// Standard error of this process.
  static let usual = LogOutput(NonblockingOutput(STDERR_FILENO))

  /// The maximum number of lines kept until there is room; beyond it the oldest are dropped.
  static let maximumKept = 1024
  /// How long an ending process waits for a slow reader of its last lines.
  private static let lastWait: Duration = .milliseconds(500)
  /// The pause after a write that found no room although the system had reported some.
  private static let pause: Duration = .milliseconds(100)

  private struct State {
    /// The rest of a partly written line.
    var rest: ArraySlice<UInt8> = []
    var kept: [[UInt8]] = []
    /// The number of dropped lines that have not been reported yet.
    var dropped = 0
    /// Makes the line that reports dropped lines.
    var notice: @Sendable (Int) -> [UInt8] = { _ in [] }

    var isBehind: Bool { !rest.isEmpty || dropped > 0 || !kept.isEmpty }
  }

  private let output: NonblockingOutput
  private let state = Mutex(State())
  /// Yields an element when lines begin to wait for room.
  private let stalls: AsyncStream<Void>
  private let stall: AsyncStream<Void>.Continuation

  init(_ output: NonblockingOutput) {
    self.output = output
    (stalls, stall) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Writes a line if there is room for it.
  ///
  /// - Parameters:
  ///   - isKept: whether the line waits for room instead of being dropped.
  ///   - notice: makes the line that reports dropped lines.
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

  /// Writes bytes now, as far as there is room, and never later.
  func writeAtOnce(_ bytes: [UInt8]) {
    state.withLock { state in
      if !state.isBehind { _ = output.offer(bytes[...]) }
    }
  }

  /// Writes kept lines and the count of dropped ones as soon as there is room, until the task is cancelled.
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

  /// Waits briefly, on the calling thread, until the last lines of the process are written.
  func finish() {
    let end = BootInstant.now.advanced(by: Self.lastWait)
    while !catchUp() || output.flush() == .noRoom {
      let left = BootInstant.now.duration(to: end).wholeMilliseconds
      guard left > 0 else { return }
      output.waitForRoom(milliseconds: Int32(left))
    }
  }

  /// - Returns: whether neither lines nor a report of dropped lines are waiting.
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

  /// - Returns: false if there is no room. If the output has failed, all waiting lines are discarded.
  private func send(_ line: ArraySlice<UInt8>, _ state: inout State) -> Bool {
    switch output.offer(line) {
    case .taken(let count): state.rest = line.dropFirst(count)
    case .noRoom: return false
    case .readerGone, .failed: state = State()
    }
    return true
  }
}
