/// The version of rollcall, as events, requests and `--version` show it.
package enum RollcallVersion {
  package static let number = "0.1.0"
}
