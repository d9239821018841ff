/// What an entry of the file of `--targets` may say.
enum TargetKey: String, CaseIterable, Sendable {
  case name
  case url
  case urlFile = "url_file"
  case format
  case events
  case calls
  case onlyChangesOf = "only_changes_of"
  case secretFiles = "secret_files"
  case hubSecretFile = "hub_secret_file"
  case headers
  case maximumAge = "max_age"
  case timeout
}
