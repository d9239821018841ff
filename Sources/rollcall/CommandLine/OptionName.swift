/// Every option of every command, by the name that is typed after `--`.
enum OptionName: String, CaseIterable, Sendable {
  case help
  // Account and network.
  case space
  case provider
  case project
  case tokenFile = "token-file"
  case caFile = "ca-file"
  // Logs.
  case logFormat = "log-format"
  case quiet
  case verbose
  // What and when to watch.
  case name
  case all
  case discoveryInterval = "discovery-interval"
  case shard
  case interval
  case requests = "max-requests-per-second"
  case once
  case duration = "for"
  case wait
  case confirmLeft = "confirm-left"
  case enrich
  // What to write, and where.
  case events
  case call
  case onlyChangesOf = "only-changes-of"
  case alert
  case redact
  case redactKeyFile = "redact-key-file"
  case heartbeat
  case health
  case noStdout = "no-stdout"
  case live
  case webhook
  case webhookFile = "webhook-file"
  case webhookSecretFile = "webhook-secret-file"
  case webhookHubSecretFile = "webhook-hub-secret-file"
  case webhookHeader = "webhook-header"
  case webhookMaxAge = "webhook-max-age"
  case webhookTimeout = "webhook-timeout"
  case webhookFormat = "webhook-format"
  case targets
  case names
  // Where the stream is kept.
  case state
  case keep
  // Which part of the history.
  case type
  case conference
  case since
  case until
  case follow
  case at
  case target
  case deadLetters = "dead-letters"
  case id
  // Lists.
  case muted
  case hold
  case coaching
  case page
  case pageSize = "page-size"
  case pageToken = "page-token"
  case format
  case output
  // The simulated space.
  case seconds
  case port
  case scenario
  case seed
  // The webhook receiver.
  case secretFile = "secret-file"
  // What else there is to read.
  case man
  case schema

  /// The option as it is typed, such as `--page-size`.
  var argument: String { "--\(rawValue)" }
}
