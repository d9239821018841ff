/// The version of rollcall, as events, requests and `--version` show it.
package enum RollcallVersion {
  package static let number = "0.2.0"
  /// The date of the last change to the man page's contents.
  package static let date = "2026-11-30"
}
