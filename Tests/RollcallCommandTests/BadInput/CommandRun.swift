import Libc
import RollcallCore
import Synchronization
import Testing

/// One run of the built command: what it wrote, and how it ended.
struct CommandRun: Sendable {
  /// How long a run may take before it is killed, which shows in its status. A slow machine needs far less.
  private static let patience: Duration = .seconds(240)

  private static let starting = Mutex(())

  let output: String
  let errors: String
  /// The exit status as a shell shows it: for a signal, 128 plus its number.
  let status: Int32

  /// The path of the command beside the running test bundle.
  static let path: String? = {
    guard let bundle = CommandLine.arguments.first(where: { $0.contains(".xctest") }) else { return nil }
    var parts = bundle.split(separator: "/", omittingEmptySubsequences: false)
    while parts.count > 1 {
      parts.removeLast()
      let path = (parts + ["rollcall"]).joined(separator: "/")
      if unsafe access(path, X_OK) == 0, unsafe access(path + "/.", F_OK) != 0 { return path }
    }
    return nil
  }()

  /// Runs the command, with nothing on standard input, until it ends.
  ///
  /// - Parameters:
  ///   - environment: the command's whole environment, except the variables of sanitizers.
  ///   - file: the file to use as standard output, which is then not read.
  init(_ arguments: [String], environment: [String: String], outputTo file: String? = nil) throws {
    let path = try #require(Self.path)
    // Two tests that start commands at the same time could give one command the other's pipes, before these are marked as
    // closed on execution.
    let (process, output, errors) = try Self.starting.withLock { _ in
      let (output, errors) = (try Pipe(), try Pipe())
      let process = try Self.spawn([path] + arguments, environment, output, errors, file)
      for pipe in [output, errors] { _ = closeDescriptor(pipe.writer) }
      return (process, output.reader, errors.reader)
    }
    defer { for reader in [output, errors] { _ = closeDescriptor(reader) } }
    var texts: [Int32: [UInt8]] = [:]
    if !Self.read([output, errors], into: &texts, until: .now + Self.patience) {
      _ = kill(process, SIGKILL)
    }
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    self.status = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    self.output = String(decoding: texts[output] ?? [], as: UTF8.self)
    self.errors = String(decoding: texts[errors] ?? [], as: UTF8.self)
  }

  /// - Returns: false if the time ran out before all of them had ended.
  private static func read(
    _ descriptors: [Int32], into texts: inout [Int32: [UInt8]], until deadline: ContinuousClock.Instant
  ) -> Bool {
    var open = descriptors
    var chunk = [UInt8](repeating: 0, count: 4096)
    while !open.isEmpty {
      let left = (deadline - ContinuousClock.now).wholeMilliseconds
      guard left > 0 else { return false }
      var entries = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard unsafe poll(&entries, nfds_t(entries.count), Int32(clamping: left)) > 0 else { continue }
      for entry in entries where entry.revents != 0 {
        let count = unsafe readBytes(entry.fd, &chunk, chunk.count)
        if count > 0 { texts[entry.fd, default: []] += chunk[..<count] } else { open.removeAll { $0 == entry.fd } }
      }
    }
    return true
  }

  /// The variables of sanitizers, which a command that was built with one needs as much as its test does.
  private static var sanitizers: [String: String] {
    var options: [String: String] = [:]
    for name in ["ASAN_OPTIONS", "TSAN_OPTIONS"] {
      if let value = unsafe getenv(name) { options[name] = unsafe String(cString: value) }
    }
    return options
  }

  private static func spawn(
    _ words: [String], _ environment: [String: String], _ output: Pipe, _ errors: Pipe, _ file: String?
  ) throws -> pid_t {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
    #else
      var actions = unsafe posix_spawn_file_actions_t()
    #endif
    _ = unsafe posix_spawn_file_actions_init(&actions)
    defer { _ = unsafe posix_spawn_file_actions_destroy(&actions) }
    _ = unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    if let file {
      _ = unsafe posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, file, O_WRONLY, 0)
    } else {
      _ = unsafe posix_spawn_file_actions_adddup2(&actions, output.writer, STDOUT_FILENO)
    }
    _ = unsafe posix_spawn_file_actions_adddup2(&actions, errors.writer, STDERR_FILENO)
    var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] =
      unsafe (environment.merging(sanitizers) { $1 }).map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
    defer { unsafe (arguments + variables).forEach { unsafe free($0) } }
    // The threads that run such tests block signals, and a child would inherit that.
    #if canImport(Darwin)
      var attributes: posix_spawnattr_t?
    #else
      var attributes = posix_spawnattr_t()
    #endif
    _ = unsafe posix_spawnattr_init(&attributes)
    defer { _ = unsafe posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    unsafe sigemptyset(&none)
    _ = unsafe posix_spawnattr_setsigmask(&attributes, &none)
    _ = unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var process: pid_t = 0
    let failure = unsafe posix_spawn(&process, words[0], &actions, &attributes, &arguments, &variables)
    try #require(failure == 0)
    return process
  }
}

/// A pipe whose ends no other child process inherits.
private struct Pipe {
  let reader: Int32
  let writer: Int32

  init() throws {
    var ends: [Int32] = [-1, -1]
    try #require(unsafe pipe(&ends) == 0)
    (reader, writer) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  }
}

/// Calls `read(2)`, whose name a method hides.
private func readBytes(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
  unsafe read(descriptor, buffer, count)
}

/// Calls `close(2)`, whose name a method hides.
private func closeDescriptor(_ descriptor: Int32) -> Int32 { close(descriptor) }
