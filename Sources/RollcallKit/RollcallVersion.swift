/// The version that `rollcall version`, `User-Agent` and `watch.started` tell.
package enum RollcallVersion {
  package static let number = "0.1.0"
}
