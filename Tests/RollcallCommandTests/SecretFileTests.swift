import RollcallCore
import RollcallKit
import Testing

@testable import rollcall

@Suite struct SecretFileTests {
  @Test(arguments: ["hush", "hush\n", "hush\r\n", "hush\n\n", "\u{FEFF}hush\r\n", "\r\nhush"])
  func `line ends around a secret, and a byte order mark before it, are removed`(text: String) throws {
    try TemporaryFile.with(text, mode: 0o600) { path in
      let file = try SecretFile(path: path, option: AccountOptions.tokenFile.name, pipes: .refused)
      #expect(file.secret.reveal() == "hush")
      #expect(file.warning == nil)
    }
  }

  @Test(arguments: [0o640, 0o604, 0o644] as [UInt32])
  func `a file that others can read causes a warning`(mode: UInt32) throws {
    try TemporaryFile.with("hush", mode: .init(mode)) { path in
      let file = try SecretFile(path: path, option: AccountOptions.tokenFile.name, pipes: .refused)
      #expect(
        file.warning
          == "the file of --token-file can be read by other users; make it yours alone with chmod 600")
    }
  }

  @Test(arguments: [0o620, 0o602, 0o666] as [UInt32])
  func `a file that others can write is rejected`(mode: UInt32) throws {
    try refused("hush", mode: mode, "can be written by other users; make it yours alone with chmod 600")
  }

  @Test(arguments: [
    ("", "is empty; put the secret into it"),
    ("\n", "is empty; put the secret into it"),
    ("\u{FEFF}", "is empty; put the secret into it"),
    ("\"hush\"\n", "has quotes around the secret; leave them out"),
    ("'hush'", "has quotes around the secret; leave them out"),
    ("\u{FEFF}\u{201C}hush\u{201D}\r\n", "has quotes around the secret; leave them out"),
    ("hush\nhush\n", "is not a single line of text; put the secret alone into it"),
    ("hush\u{0}", "is not a single line of text; put the secret alone into it"),
  ]) func `a file without a secret is rejected`(text: String, problem: String) throws {
    try refused(text, mode: 0o600, problem)
  }

  @Test func `a file that is too long is rejected`() throws {
    try TemporaryFile.with(String(repeating: "h", count: (64 << 10) + 1), mode: 0o600) { path in
      let line = "the file of --token-file, \"\(path)\", is longer than 64 KiB; give a smaller file"
      #expect(throws: UsageError(line, exit: .configuration)) {
        try SecretFile(path: path, option: AccountOptions.tokenFile.name, pipes: .refused)
      }
    }
  }

  @Test(arguments: [
    ("/nowhere/hush", ", \"/nowhere/hush\", cannot be opened (No such file or directory); give a file that exists"),
    ("/tmp", ", \"/tmp\", is a directory; give a regular file"),
    ("/dev/null", ", \"/dev/null\", is a device; give a regular file"),
    // The secret itself, given in place of the file's path.
    ("PT0123", " cannot be opened (No such file or directory); give a file that exists"),
    ("SK0:hush@x", " cannot be opened (No such file or directory); give a file that exists"),
    (
      "/run/0123456789abcdef0123456789abcdef", " cannot be opened (No such file or directory); give a file that exists"
    ),
  ]) func `anything but a regular file or a pipe is rejected`(path: String, problem: String) {
    let expected = UsageError("the file of --token-file\(problem)", exit: .configuration)
    #expect(throws: expected) { try SecretFile(path: path, option: AccountOptions.tokenFile.name, pipes: .refused) }
  }

  @Test func `a pipe is read only at the start`() throws {
    try ReadablePipe.with("hush\n") { path in
      let error = #expect(throws: UsageError.self) {
        try SecretFile(path: path, option: AccountOptions.tokenFile.name, pipes: .refused)
      }
      #expect(error?.exit == .configuration && error?.message.contains("is a pipe, which") == true)
      let file = try SecretFile(path: path, option: AccountOptions.tokenFile.name, pipes: .awaited())
      #expect(file.secret.reveal() == "hush" && file.warning == nil)
    }
  }

  @Test(arguments: [
    SecretOrigin.file(WebhookOptions.webhookFile.name),
    .targetFile(TargetPlace("target 1", key: TargetKey.urlFile.rawValue)),
  ]) func `a file without a URL is rejected with that reason`(source: SecretOrigin) throws {
    for (text, problem) in [
      ("", "is empty; put the URL into it"), ("a\nb", "is not a single line of text; put the URL alone into it"),
    ] {
      try TemporaryFile.with(text, mode: 0o600) { path in
        let error = #expect(throws: UsageError.self) { try SecretFile(path: path, from: source, pipes: .refused) }
        #expect(error?.line == "rollcall: \(source.label) \(problem)")
      }
    }
  }

  @Test func `bytes that are not text are not a secret`() throws {
    #expect(throws: SecretText.Flaw.noLine) { try SecretText.read([0xFF]) }
    #expect(throws: SecretText.Flaw.utf16) { try SecretText.read([0xFF, 0xFE, 0x68, 0x00]) }
    #expect(throws: SecretText.Flaw.utf16) { try SecretText.read([0xFE, 0xFF, 0x00, 0x68]) }
    #expect(try SecretText.read(Array("é\n".utf8)) == "é")
    #expect(try SecretText.read(Array("\"".utf8)) == "\"")
  }

  private func refused(_ text: String, mode: UInt32, _ problem: String) throws {
    try TemporaryFile.with(text, mode: .init(mode)) { path in
      let expected = UsageError("the file of --token-file \(problem)", exit: .configuration)
      #expect(throws: expected) { try SecretFile(path: path, option: AccountOptions.tokenFile.name, pipes: .refused) }
    }
  }
}
