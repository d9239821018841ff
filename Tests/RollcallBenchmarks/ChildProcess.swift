import Libc

/// A program that was started for the benchmark, with pipes at its standard input and output.
final class ChildProcess {
  let identifier: pid_t
  let input: Int32
  let output: Int32
  private var isOver = false

  /// - Returns: nil if the program cannot be started.
  init?(_ path: String, _ arguments: [String], environment: [String] = []) {
    guard let toChild = Descriptor.pipe(), let fromChild = Descriptor.pipe() else { return nil }
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
    #else
      var actions = unsafe posix_spawn_file_actions_t()
    #endif
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, toChild.reader, STDIN_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, fromChild.writer, STDOUT_FILENO)
    let argv = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
    let envp = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer { unsafe (argv + envp).forEach { unsafe free($0) } }
    var pid: pid_t = 0
    let result = unsafe posix_spawn(&pid, path, &actions, nil, argv, envp)
    close(toChild.reader)
    close(fromChild.writer)
    guard result == 0 else {
      close(toChild.writer)
      close(fromChild.reader)
      return nil
    }
    identifier = pid
    input = toChild.writer
    output = fromChild.reader
  }

  deinit {
    end()
    close(output)
  }

  /// Closes the program's standard input, asks the program to end and waits for it.
  func end() {
    guard !isOver else { return }
    isOver = true
    close(input)
    kill(identifier, SIGTERM)
    var status: Int32 = 0
    while unsafe waitpid(identifier, &status, 0) < 0, errno == EINTR {}
  }

  /// The processor time that the program has used, in nanoseconds; nil if the system does not say.
  var processorTime: Int64? {
    #if canImport(Darwin)
      return nil
    #else
      var clock = clockid_t()
      guard unsafe clock_getcpuclockid(identifier, &clock) == 0 else { return nil }
      return Measure.nanoseconds(of: clock)
    #endif
  }

  /// The program's maximum resident memory in bytes; nil if the system does not say. The value of `wait4` would include
  /// the parent's own memory.
  var peakMemory: Int? {
    let lines = Descriptor.text(of: "/proc/\(identifier)/status").split(separator: "\n")
    guard let line = lines.first(where: { $0.hasPrefix("VmHWM:") }) else { return nil }
    return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }.map {
      $0 << 10
    }
  }
}
