import Libc
import Testing

@testable import RollcallKit

@Suite(.timeLimit(.minutes(5)))
struct `An output that never blocks` {
  private static let line = Array((String(repeating: "x", count: 99) + "\n").utf8)
  /// More lines than any of the outputs has room for.
  private static let maximumLines = 100_000

  /// Offers lines until there is no room.
  ///
  /// - Returns: the number of accepted bytes.
  private func fill(_ output: NonblockingOutput) -> Int {
    var count = 0
    for _ in 0..<Self.maximumLines {
      guard case .taken(let taken) = output.offer(Self.line[...]) else { break }
      count += taken
    }
    return count
  }

  @Test(arguments: StalledOutput.Kind.allCases)
  func `accepts what there is room for, and reports when there is none`(kind: StalledOutput.Kind) throws {
    let stalled = try StalledOutput(kind)
    let count = fill(stalled.output)
    #expect(count > 4096)
    if !kind.isThreaded {
      #expect(stalled.output.offer(Self.line[...]) == .noRoom)
      #expect(stalled.output.flush() == .taken(0))
    }
    #expect(stalled.isShared)
    let read = stalled.read(count)
    #expect(read.count == count)
    let isWhole = zip(read, stride(from: 0, to: count, by: 1)).allSatisfy { $0 == Self.line[$1 % Self.line.count] }
    #expect(isWhole)
  }

  @Test func `continues at the beginning of a truncated file`() throws {
    var path = Array("/tmp/rollcall-test-XXXXXX".utf8CString)
    let descriptor = unsafe mkstemp(&path)
    try #require(descriptor >= 0)
    defer {
      close(descriptor)
      unsafe unlink(path)
    }
    let output = NonblockingOutput(descriptor)
    for _ in 0..<3 { #expect(output.offer(Self.line[...]) == .taken(Self.line.count)) }
    try #require(ftruncate(descriptor, 0) == 0)
    #expect(output.offer(Self.line[...]) == .taken(Self.line.count))
    var buffer = [UInt8](repeating: 0, count: 4 * Self.line.count)
    let count = unsafe pread(descriptor, &buffer, buffer.count, 0)
    #expect(Array(buffer.prefix(max(count, 0))) == Self.line)
  }

  @Test(arguments: StalledOutput.Kind.allCases)
  func `has room again once it was read`(kind: StalledOutput.Kind) async throws {
    let stalled = try StalledOutput(kind)
    let loop = EventLoop()
    #expect(loop.startThread())
    defer { loop.stop() }
    let count = fill(stalled.output)
    async let isReady = stalled.output.room(on: loop)
    _ = stalled.read(count)
    #expect(try await isReady == .ready)
    #expect(stalled.output.write(Self.line, while: { true }) == .taken(0))
    #expect(stalled.read(Self.line.count) == Self.line)
  }

  @Test(arguments: StalledOutput.Kind.allCases)
  func `a blocking write gives up on request`(kind: StalledOutput.Kind) throws {
    let stalled = try StalledOutput(kind)
    _ = fill(stalled.output)
    #expect(stalled.output.write(Self.line, while: { false }) == .noRoom)
  }

  @Test(arguments: StalledOutput.Kind.allCases)
  func `reports when its reader has gone`(kind: StalledOutput.Kind) throws {
    Signals.ignoreBrokenPipes()
    let stalled = try StalledOutput(kind)
    let end = unsafe open("/dev/null", O_RDONLY)
    #expect(dup2(end, stalled.reader) == stalled.reader)
    close(end)
    #expect(stalled.output.write(Self.line, while: { true }) == .readerGone)
  }

  @Test func `a file and a device accept everything, and a file is appended to`() throws {
    let path = "/tmp/rollcall-\(UInt64.random(in: 0 ... .max))"
    let file = unsafe open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
    #expect(file >= 0)
    defer {
      close(file)
      unsafe unlink(path)
    }
    #expect(unsafe write(file, "abc", 3) == 3)
    #expect(NonblockingOutput(file).write(Self.line, while: { false }) == .taken(0))
    #expect(lseek(file, 0, SEEK_CUR) == 3 + Self.line.count)
    let null = unsafe open("/dev/null", O_WRONLY)
    defer { close(null) }
    #expect(NonblockingOutput(null).offer(Self.line[...]) == .taken(Self.line.count))
  }

  @Test func `a descriptor that is not open for writing is not reopened for writing`() {
    let null = unsafe open("/dev/null", O_RDONLY)
    defer { close(null) }
    #expect(NonblockingOutput(null).offer(Self.line[...]) == .failed(EBADF))
    #expect(NonblockingOutput(-1).offer(Self.line[...]) == .failed(EBADF))
  }

  @Test func `a thread has at most a pipe's capacity pending, in order`() throws {
    let stalled = try StalledOutput(.threadedPipe)
    let pieces = (0..<40_000).map { Array("\($0)\n".utf8) }
    let taken = pieces.prefix { stalled.output.offer($0[...]) == .taken($0.count) }
    let count = taken.reduce(0) { $0 + $1.count }
    #expect(taken.count < pieces.count)
    let isSame = stalled.read(count) == taken.flatMap(\.self)
    #expect(isSame)
  }
}
