import Libc
import RollcallCore
import Testing

@testable import rollcall

@Suite(.runsCommands) struct `A file that a command writes` {
  private static func text(_ path: String) throws -> String {
    String(decoding: try InputFile.bytes(of: path, named: path, maximum: 1 << 20), as: UTF8.self)
  }

  private static func mode(_ path: String) -> mode_t {
    var status = stat()
    return unsafe lstat(path, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  @Test func `is created, or replaced as a whole`() throws {
    try TemporaryFolder.with { folder in
      let path = "\(folder)/page.html"
      try OutputFile.write(Array("a long first page".utf8), to: path)
      #expect(unsafe chmod(path, 0o640) == 0)
      try OutputFile.write(Array("second".utf8), to: path)
      #expect(try Self.text(path) == "second")
      #expect(Self.mode(path) == 0o640)
      #expect(TemporaryFolder.names(folder) == ["page.html"])
    }
  }

  @Test func `may be given by a symbolic link, which is kept`() throws {
    try TemporaryFolder.with { folder in
      try OutputFile.write([0x31], to: "\(folder)/real")
      #expect(unsafe symlink("\(folder)/real", "\(folder)/link") == 0)
      try OutputFile.write([0x32], to: "\(folder)/link")
      #expect(try Self.text("\(folder)/real") == "2")
      #expect(TemporaryFolder.names(folder) == ["link", "real"])
      var status = stat()
      #expect(unsafe lstat("\(folder)/link", &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    }
  }

  @Test func `is created where symbolic links lead, even if they lead to nothing yet`() throws {
    try TemporaryFolder.with { folder in
      #expect(unsafe mkdir("\(folder)/pages", 0o755) == 0)
      for (target, link) in [("pages/second", "first"), ("real", "pages/second"), ("\(folder)/loop", "loop")] {
        #expect(unsafe symlink(target, "\(folder)/\(link)") == 0)
      }
      try OutputFile.write([0x31], to: "\(folder)/first")
      #expect(try Self.text("\(folder)/pages/real") == "1")
      #expect(TemporaryFolder.names("\(folder)/pages") == ["real", "second"])
      let error = #expect(throws: UsageError.self) { try OutputFile.write([0x31], to: "\(folder)/loop") }
      #expect(error?.exit == .cannotCreate)
      #expect(TemporaryFolder.names(folder) == ["first", "loop", "pages"])
    }
  }

  @Test func `has the contents that standard output would get`() throws {
    try TemporaryFolder.with { folder in
      let (events, page) = ("\(folder)/events", "\(folder)/page.html")
      let lines = DrawnEvents.lively(seed: 1, people: 3) { "P\($0)" }.lines
      try OutputFile.write(Array(lines.joined(separator: [0x0A])), to: events)
      let shown = try CommandRun(["timeline", events], environment: [:])
      let written = try CommandRun(["timeline", events, "-o", page], environment: [:])
      #expect(shown.status == 0 && !shown.output.isEmpty)
      #expect(written.status == 0 && written.output == "" && written.errors == "")
      #expect(try Self.text(page) == shown.output)
      let refused = try CommandRun(["timeline", events, "-o", "\(folder)/none/page.html"], environment: [:])
      #expect(refused.status == ExitStatus.cannotCreate.code && refused.output == "")
      #expect(refused.errors.count { $0 == "\n" } == 1)
    }
  }

  @Test func `causes an error and leaves nothing behind if it cannot be created or written`() throws {
    try TemporaryFolder.with { folder in
      for path in [folder, "\(folder)/none/page.html"] {
        let error = #expect(throws: UsageError.self) { try OutputFile.write([0x31], to: path) }
        #expect(error?.exit == .cannotCreate && error?.line.contains(bytesOf: " cannot be written (") == true)
      }
      #expect(TemporaryFolder.names(folder).isEmpty)
    }
    let error = #expect(throws: UsageError.self) { try OutputFile.write([0x31], to: "/dev/full") }
    #expect(error?.exit == .inputOutput)
    #expect(throws: Never.self) { try OutputFile.write([0x31], to: "/dev/null") }
  }
}
