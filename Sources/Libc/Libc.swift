// The C library of the platform, under one name.
#if canImport(Glibc)
  @_exported public import Glibc
#elseif canImport(Musl)
  @_exported public import Musl
#else
  @_exported public import Darwin
#endif

/// Returns the limit on the sizes of the files that the process writes, in bytes; nil if there is none.
package func fileSizeLimit() -> Int64? {
  var limit = rlimit()
  #if canImport(Glibc)
    let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
  #else
    let resource = RLIMIT_FSIZE
  #endif
  guard unsafe getrlimit(resource, &limit) == 0 else { return nil }
  // "No limit" is the greatest value, which differs between platforms.
  guard let bytes = Int64(exactly: limit.rlim_cur), bytes < .max else { return nil }
  return bytes
}
