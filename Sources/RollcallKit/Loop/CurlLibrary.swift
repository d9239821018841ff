import CCurl

/// libcurl as a whole.
enum CurlLibrary {
  // A global is made once, whatever threads ask for it, which is all that libcurl's start needs.
  private static let result: Int32 = curl_global_init(allParts)
  private static let allParts = 3

  /// Makes libcurl ready; only the first call does anything.
  static func start() {
    precondition(result == 0, "libcurl cannot start")
  }
}
