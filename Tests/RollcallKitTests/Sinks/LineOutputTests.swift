import Testing

@testable import RollcallKit

@Suite(.timeLimit(.minutes(5)))
struct `The output of lines` {
  private static let line = Array((String(repeating: "x", count: 4095) + "\n").utf8)
  /// More lines than any of the outputs has room for.
  private static let count = 500

  /// An output whose reader has stalled, on a loop with a thread of its own.
  private struct Stall {
    let reader: StalledOutput
    let loop = EventLoop()
    let output: DescriptorOutput

    init(_ kind: StalledOutput.Kind) throws {
      reader = try StalledOutput(kind)
      #expect(loop.startThread())
      output = DescriptorOutput(on: loop, to: reader.output)
    }
  }

  @Test(arguments: StalledOutput.Kind.allCases)
  func `waits for a stalled reader while the loop continues`(kind: StalledOutput.Kind) async throws {
    let stalled = try Stall(kind)
    defer { stalled.loop.stop() }
    let (loop, output) = (stalled.loop, stalled.output)
    let writing = Task(executorPreference: loop) {
      for _ in 0..<Self.count {
        if let ending = await output.write(Self.line) { return ending as LineWriter.Ending? }
      }
      return nil
    }
    // A loop that hangs in a write would never get here.
    for _ in 0..<20 { try await loop.sleep(for: .milliseconds(5)) }
    let read = stalled.reader.read(Self.count * Self.line.count)
    #expect(await writing.value == nil)
    #expect(read.count == Self.count * Self.line.count)
    #expect(read.enumerated().allSatisfy { $1 == Self.line[$0 % Self.line.count] })
  }

  @Test(arguments: StalledOutput.Kind.allCases)
  func `ends when its task is cancelled or its time is over`(kind: StalledOutput.Kind) async throws {
    let stalled = try Stall(kind)
    defer { stalled.loop.stop() }
    let (loop, output) = (stalled.loop, stalled.output)
    let writing = Task(executorPreference: loop) {
      while true {
        if let ending = await output.write(Self.line) { return ending }
      }
    }
    writing.cancel()
    #expect(await writing.value == .cancelled)
    await output.write(Self.line, within: .milliseconds(10))
  }

  @Test(arguments: StalledOutput.Kind.allCases)
  func `counts a line as written only once it is`(kind: StalledOutput.Kind) async throws {
    let stalled = try Stall(kind)
    defer { stalled.loop.stop() }
    let (loop, output) = (stalled.loop, stalled.output)
    let writing = Task(executorPreference: loop) {
      var written = 0
      while await output.write(Self.line) == nil { written += 1 }
      return written
    }
    while !stalled.reader.isFull { try await loop.sleep(for: .milliseconds(5)) }
    writing.cancel()
    let written = await writing.value
    let read = stalled.reader.read(written * Self.line.count)
    #expect(read.count >= written * Self.line.count)
  }
}
