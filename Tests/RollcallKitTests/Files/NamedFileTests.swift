import Libc
import Testing

@testable import RollcallKit

@Suite(.timeLimit(.minutes(5))) struct `A file that a user names` {
  private static let maximum = 100 << 10

  @Test(arguments: [0, 1, 64 << 10, maximum - 1, maximum])
  func `is read completely up to the maximum size`(length: Int) throws {
    let bytes = [UInt8](repeating: 7, count: length)
    try Self.withFile(bytes) { path in
      let refusing = try NamedFile(path, maximum: Self.maximum, pipes: .refused)
      let awaiting = try NamedFile(path, maximum: Self.maximum, pipes: .awaited())
      #expect(refusing.bytes == bytes && awaiting.bytes == bytes)
    }
  }

  @Test func `may begin with a byte order mark, which is ignored`() throws {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    for (bytes, content) in [(mark + [7], [7]), (mark, []), ([7] + mark, [7] + mark)] as [([UInt8], [UInt8])] {
      try Self.withFile(bytes) { path in
        let read = try Self.read(path)
        #expect(read == content)
      }
    }
  }

  @Test func `is rejected if it exceeds the maximum size`() throws {
    try Self.withFile([UInt8](repeating: 7, count: Self.maximum + 1)) { path in
      #expect(throws: NamedFileFailure.tooLong(maximum: Self.maximum)) { try Self.read(path) }
    }
  }

  @Test(arguments: [
    ("/nowhere/file", NamedFileFailure.cannotOpen(ENOENT)), ("/tmp", .directory), ("/dev/null", .device),
    ("/dev/zero", .device),
  ])
  func `must be a regular file or a pipe`(path: String, failure: NamedFileFailure) {
    #expect(throws: failure) { try Self.read(path) }
  }

  @Test func `may be a pipe that is already filled`() throws {
    let pipe = try Pipe()
    try pipe.write("some")
    pipe.closeWriter()
    #expect(try Self.read(pipe.path) == Array("some".utf8))
  }

  @Test func `may be a pipe that is filled in pieces`() throws {
    let pipe = try Pipe()
    let piece = String(repeating: "x", count: 10_000)
    OwnThread.start {
      for _ in 0..<8 { try? pipe.write(piece) }
      pipe.closeWriter()
    }
    #expect(try Self.read(pipe.path).count == 80_000)
  }

  @Test func `is rejected if it is a pipe with more than the maximum size`() throws {
    let pipe = try Pipe()
    try pipe.write("some")
    #expect(throws: NamedFileFailure.tooLong(maximum: 3)) { try NamedFile(pipe.path, maximum: 3, pipes: .awaited()) }
  }

  @Test func `is rejected if it is a pipe whose writer is silent`() throws {
    let pipe = try Pipe()
    try pipe.write("some")
    #expect(throws: NamedFileFailure.silentPipe(.milliseconds(1))) {
      try NamedFile(pipe.path, maximum: Self.maximum, pipes: .awaited(for: .milliseconds(1)))
    }
  }

  @Test func `is rejected if it is a pipe whose writer keeps writing and never finishes`() throws {
    let pipe = try Pipe()
    var now = BootInstant(nanoseconds: 0)
    var pieces = 0
    #expect(throws: NamedFileFailure.slowPipe(NamedFile.maximumTime)) {
      try NamedFile(pipe.path, maximum: Self.maximum, pipes: .awaited()) {
        try? pipe.write("x")
        pieces += 1
        defer { now = now.advanced(by: .seconds(59)) }
        return now
      }
    }
    // Pieces arrive at 0 s, 59 s and so on up to 354 s, which is too late.
    #expect(pieces == 7)
  }

  @Test func `is rejected if it is a pipe for which the loop would have to wait`() throws {
    let pipe = try Pipe()
    try pipe.write("some")
    pipe.closeWriter()
    #expect(throws: NamedFileFailure.pipe) { try NamedFile(pipe.path, maximum: Self.maximum, pipes: .refused) }
  }

  @Test func `is rejected at once if it is a FIFO without a writer`() throws {
    try Self.withFile([]) { path in
      let fifo = path + ".fifo"
      try #require(unsafe mkfifo(fifo, 0o600) == 0)
      defer { unsafe unlink(fifo) }
      #expect(throws: NamedFileFailure.emptyPipe) { try Self.read(fifo) }
      #expect(throws: NamedFileFailure.pipe) { try NamedFile(fifo, maximum: Self.maximum, pipes: .refused) }
    }
  }

  @Test func `reports whether other users may read or write it`() throws {
    for (mode, isReadable, isWritable) in [(0o600, false, false), (0o640, true, false), (0o602, false, true)] {
      try Self.withFile([], mode: mode_t(mode)) { path in
        let file = try NamedFile(path, maximum: Self.maximum, pipes: .refused)
        #expect(file.isReadableByOthers == isReadable && file.isWritableByOthers == isWritable)
      }
    }
  }

  private static func read(_ path: String) throws(NamedFileFailure) -> [UInt8] {
    try NamedFile(path, maximum: maximum, pipes: .awaited()).bytes
  }

  private static func withFile(_ bytes: [UInt8], mode: mode_t = 0o600, _ body: (String) throws -> Void) throws {
    var template = Array("/tmp/rollcall-test-XXXXXX".utf8CString)
    let descriptor = unsafe mkstemp(&template)
    try #require(descriptor >= 0)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unsafe unlink(path) }
    let written = unsafe write(descriptor, bytes, bytes.count)
    let changed = fchmod(descriptor, mode)
    close(descriptor)
    try #require(written == bytes.count && changed == 0)
    try body(path)
  }
}

/// A pipe whose reading end has a path, like a shell's `<(…)`.
private final class Pipe: Sendable {
  private let reader: Int32
  private let writer: Int32

  init() throws {
    var ends: [Int32] = [-1, -1]
    try #require(unsafe pipe(&ends) == 0)
    (reader, writer) = (ends[0], ends[1])
  }

  deinit { close(reader) }

  var path: String { "/dev/fd/\(reader)" }

  func write(_ text: String) throws {
    let bytes = Array(text.utf8)
    try #require(unsafe systemWrite(writer, bytes, bytes.count) == bytes.count)
  }

  func closeWriter() { close(writer) }
}

/// Calls `write(2)`, whose name a method shadows.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
  unsafe write(descriptor, bytes, count)
}
