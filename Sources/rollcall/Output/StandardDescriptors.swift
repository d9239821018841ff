#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Standard input, output and error, which whoever starts the process may have closed.
enum StandardDescriptors {
  /// Takes the places of those that are closed, so that nothing that is opened later, such as a socket, gets what is
  /// meant for them. What is written there fails, as it would have.
  static func occupy() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest that is free is this one. The mode is the wrong one on purpose.
      _ = unsafe open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}
