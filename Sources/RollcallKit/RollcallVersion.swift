/// The version of rollcall, as events, requests and `--version` show it.
package enum RollcallVersion {
  package static let number = "0.2.0"
  /// When what the man page says changed last.
  package static let date = "2026-11-30"
}
