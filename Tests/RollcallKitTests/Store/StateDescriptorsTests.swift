#if os(Linux)
  import Libc
  import Testing

  @testable import RollcallCore
  @testable import RollcallKit

  /// Descriptors of a state file that are closed while SQLite has it open.
  @Suite(.timeLimit(.minutes(5))) struct `A descriptor of an open state file` {
    private static let draft = Event(
      .watchStopped, at: Timestamp(milliseconds: 0), conference: ConferenceSID("CF"))

    /// The number of POSIX locks that this process has on a folder's file, as the kernel lists them.
    private static func locks(_ folder: StateFolder) throws -> Int {
      var status = stat()
      try #require(unsafe stat(folder.file("state"), &status) == 0)
      let lines = String(decoding: try folder.contents(of: "/proc/locks"), as: UTF8.self).split(separator: "\n")
      return lines.count { line in
        let words = line.split(separator: " ")
        return words.contains("POSIX") && words.contains("\(getpid())")
          && words.contains { $0.hasSuffix(":\(status.st_ino)") }
      }
    }

    @Test func `can be closed without releasing SQLite's locks`() async throws {
      try await StateFolder.use { folder in
        var store: SQLiteStore? = try await folder.open()
        try await store?.commit(PollCommit([Self.draft]))
        let before = try Self.locks(folder)
        #expect(before > 0)
        // Opening the reader opens a descriptor for the header and closes it again.
        let reader = try StateReader(path: folder.file("state"))
        #expect(try Self.locks(folder) >= before)
        await #expect(throws: StoreFailure.self) { _ = try await folder.open() }
        #expect(try Self.locks(folder) >= before)
        try await store?.close(until: folder.loop.now.advanced(by: .seconds(5)))
        store = nil
        // The reader still has the file open, but the watch does not.
        try await folder.open().commit(PollCommit([Self.draft]))
        #expect(try reader.events(StateReader.Selection(), after: 0, limit: 9).count == 2)
      }
    }
  }
#endif
