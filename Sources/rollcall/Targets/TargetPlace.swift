/// Where a value stands in the file of `--targets`.
struct TargetPlace: Hashable, Sendable {
  /// The target, such as `target "ops"`, or `target 2` where it has no name.
  let target: String
  /// The key, such as `secret_files[1]`; empty for the target as a whole.
  let key: String

  init(_ target: String, key: String = "") {
    self.target = target
    self.key = key
  }

  /// What errors call it.
  var label: String { key.isEmpty ? target : "\(key) of \(target)" }
}
