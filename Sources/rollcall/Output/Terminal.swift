#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Whether somebody may be looking at what is written to this descriptor.
func isTerminal(_ descriptor: Int32) -> Bool {
  isatty(descriptor) == 1
}
