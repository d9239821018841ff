import Libc
import RollcallCore
import RollcallKit
import Synchronization
import Testing

@testable import rollcall

@Suite(.timeLimit(.minutes(5)))
struct `A log whose output is full` {
  /// A pipe that is full until it is read.
  private final class FullPipe: Sendable {
    static let now = Timestamp(milliseconds: 1_795_427_000_000)

    let log: StandardError
    private let reader: Int32
    private let writer: Int32
    private let isClosed = Atomic(false)

    init(_ options: LogOptions = LogOptions()) throws {
      var ends: [Int32] = [-1, -1]
      try #require(unsafe pipe(&ends) == 0)
      (reader, writer) = (ends[0], ends[1])
      let output = NonblockingOutput(writer)
      let junk = [UInt8](repeating: UInt8(ascii: "\n"), count: 4096)
      while case .taken = output.offer(junk[...]) {}
      while case .taken = output.offer(junk[..<1]) {}
      _ = fcntl(reader, F_SETFL, O_NONBLOCK)
      log = StandardError(options, descriptor: writer, now: { Self.now })
    }

    deinit {
      closeReader()
      close(writer)
    }

    func closeReader() {
      if !isClosed.exchange(true, ordering: .relaxed) { close(reader) }
    }

    /// Reads the available lines.
    func lines() -> [String] {
      var text: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = unsafe readBytes(reader, &chunk, chunk.count)
        guard count > 0 else { break }
        text += chunk[..<count]
      }
      return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }
  }

  private static let dropped = "rollcall: warning: log: 3 lines were dropped because standard error had no room"

  @Test func `drops lines, and says how many once there is room`() throws {
    let pipe = try FullPipe()
    for level in [StandardError.Level.warning, .notice, .warning] { pipe.log.log(level, "lost") }
    #expect(pipe.lines().isEmpty)
    pipe.log.log(.notice, "next")
    pipe.log.log(.notice, "last")
    #expect(pipe.lines() == [Self.dropped, "rollcall: next", "rollcall: last"])
  }

  @Test func `does not count lines below its level`() throws {
    let pipe = try FullPipe(LogOptions(format: .json, amount: .quiet))
    pipe.log.log(.warning, "hidden")
    #expect(pipe.lines().isEmpty)
    pipe.log.log(.error, "next")
    #expect(pipe.lines() == [#"{"time":"\#(FullPipe.now.rfc3339)","level":"error","message":"next"}"#])
  }

  @Test func `says how many lines were dropped in the format of the log`() throws {
    let pipe = try FullPipe(LogOptions(format: .json))
    pipe.log.log(.notice, "lost")
    #expect(pipe.lines().isEmpty)
    pipe.log.finish()
    let message = "log: 1 line was dropped because standard error had no room"
    #expect(pipe.lines() == [#"{"time":"\#(FullPipe.now.rfc3339)","level":"warning","message":"\#(message)"}"#])
  }

  @Test func `says how many lines were dropped as soon as there is room`() async throws {
    let pipe = try FullPipe()
    let loop = EventLoop()
    #expect(loop.startThread())
    defer { loop.stop() }
    let attending = Task(executorPreference: loop) { await pipe.log.attend(on: loop) }
    for _ in 1...3 { pipe.log.log(.notice, "lost") }
    // Reading makes room, so the message may already follow the bytes that filled the pipe.
    var lines = pipe.lines()
    while lines.isEmpty {
      try await loop.sleep(for: .milliseconds(5))
      lines = pipe.lines()
    }
    #expect(lines == [Self.dropped])
    attending.cancel()
    await attending.value
  }

  @Test func `keeps errors and the final messages`() throws {
    let pipe = try FullPipe()
    for _ in 1...3 { pipe.log.log(.notice, "lost") }
    pipe.log.log(.error, "kept")
    pipe.log.conclude(.warning, "kept too")
    pipe.log.report(UsageError("a", right: "b"))
    #expect(pipe.lines().isEmpty)
    pipe.log.finish()
    #expect(pipe.lines() == [Self.dropped, "rollcall: kept", "rollcall: warning: kept too", "rollcall: a; b"])
  }

  @Test func `loses the oldest of too many kept lines, and counts them`() throws {
    let pipe = try FullPipe()
    for number in 1...LogOutput.maximumKept + 3 { pipe.log.log(.error, "\(number)") }
    #expect(pipe.lines().isEmpty)
    pipe.log.finish()
    let lines = pipe.lines()
    #expect(lines.prefix(2) == [Self.dropped, "rollcall: 4"])
    #expect(lines.count == 1 + LogOutput.maximumKept)
  }

  @Test func `waits briefly at the end for a slow reader`() throws {
    let pipe = try FullPipe()
    pipe.log.log(.error, "kept")
    pipe.log.finish()
    #expect(pipe.lines().isEmpty)
  }

  @Test func `finishes a partly written line before the next`() throws {
    let pipe = try FullPipe()
    #expect(pipe.lines().isEmpty)
    // More than fits into a pipe.
    let long = String(repeating: "x", count: 100_000)
    pipe.log.log(.notice, long)
    pipe.log.log(.notice, "lost")
    let begin = pipe.lines()
    pipe.log.log(.notice, "next")
    let rest = pipe.lines()
    #expect(begin.count == 1 && (begin + rest.prefix(1)).joined() == "rollcall: " + long)
    #expect(
      rest.dropFirst() == [
        "rollcall: warning: log: 1 line was dropped because standard error had no room", "rollcall: next",
      ])
  }

  @Test func `drops waiting lines once its reader has gone`() throws {
    Signals.ignoreBrokenPipes()
    let pipe = try FullPipe()
    for _ in 1...3 { pipe.log.log(.error, "kept") }
    pipe.log.log(.notice, "lost")
    pipe.closeReader()
    pipe.log.log(.notice, "nobody")
    pipe.log.finish()
  }
}

/// Calls `read(2)`, whose name a method hides.
private func readBytes(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
  unsafe read(descriptor, buffer, count)
}
