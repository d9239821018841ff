import Libc
import RollcallCore
import Testing

@testable import RollcallKit

@Suite(.timeLimit(.minutes(5))) struct `Added certificates` {
  private static let certificate = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n"

  /// - Parameter body: called with the path of a file and a function that replaces its contents.
  private static func with(_ text: String, _ body: (String, (String) throws -> Void) throws -> Void) throws {
    let path = "/tmp/rollcall-test-\(UInt64.random(in: 0 ... .max))"
    func write(_ text: String) throws {
      let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
      try #require(descriptor >= 0)
      defer { close(descriptor) }
      let bytes = Array(text.utf8)
      try #require(unsafe systemWrite(descriptor, bytes, bytes.count) == bytes.count)
    }
    defer { unsafe unlink(path) }
    try write(text)
    try body(path, write)
  }

  private static func named(_ path: String?, _ other: String? = nil, pipes: NamedFile.Pipes) throws
    -> AddedCertificates?
  {
    try AddedCertificates.named(path, variable: { $0 == "SSL_CERT_FILE" ? other : nil }, pipes: pipes)
  }

  @Test func `come from the file of the option and that of SSL_CERT_FILE`() throws {
    #expect(try Self.named(nil, pipes: .refused) == nil)
    try Self.with(Self.certificate) { path, write in
      let one = try #require(try Self.named(nil, path, pipes: .refused))
      #expect(PEMCertificates.count(in: one.bytes) == 1)
      let both = try #require(try Self.named(path, path, pipes: .refused))
      #expect(PEMCertificates.count(in: both.bytes) == 2)
      #expect(PEMCertificates.count(in: try both.renewed().bytes) == 2)
      try write("")
      let flaw = #expect(throws: AddedCertificates.Flaw.self) { try Self.named(nil, path, pipes: .refused) }
      #expect(
        flaw?.source == .environment && flaw?.failure.reason == "the file of SSL_CERT_FILE has no PEM certificate")
    }
  }

  @Test(arguments: [
    ("", "has no PEM certificate"),
    ("-----BEGIN CERTIFICATE-----\n", "has a truncated or invalid certificate"),
  ])
  func `must be present in a given file`(text: String, problem: String) throws {
    try Self.with(text) { path, _ in
      let flaw = #expect(throws: AddedCertificates.Flaw.self) { try Self.named(path, pipes: .refused) }
      #expect(flaw?.problem == problem)
    }
  }

  @Test func `are reloaded from the file's current contents`() throws {
    try Self.with(Self.certificate) { path, write in
      let added = try #require(try Self.named(path, pipes: .awaited()))
      try write(Self.certificate + Self.certificate)
      // Each file is followed by a newline.
      #expect(try added.renewed().bytes.count == 2 * added.bytes.count - 1)
      try write("")
      #expect(throws: AddedCertificates.Flaw.self) { try added.renewed() }
    }
  }

  @Test func `stay in use if the file is now a FIFO, without waiting for it`() async throws {
    let path = "/tmp/rollcall-test-\(UInt64.random(in: 0 ... .max))"
    defer { unsafe unlink(path) }
    try Self.with(Self.certificate) { file, _ in try #require(unsafe rename(file, path) == 0) }
    let added = try #require(try Self.named(path, pipes: .awaited()))
    try #require(unsafe unlink(path) == 0 && mkfifo(path, 0o600) == 0)
    let loop = EventLoop()
    try #require(loop.startThread())
    defer { loop.stop() }
    let transports = RunTransports(on: loop, trusting: added)
    await #expect(throws: AddedCertificates.Flaw.self) { try await transports.renewTrust() }
  }
}

/// Calls `write(2)`, whose name a method shadows.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
  unsafe write(descriptor, bytes, count)
}
