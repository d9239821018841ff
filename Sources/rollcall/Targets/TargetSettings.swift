import RollcallCore

/// One webhook with all that it needs, its files read.
struct TargetSettings: Sendable {
  /// Where it stands in the file of `--targets`; nil where the command line or the environment gives it.
  var place: TargetPlace?
  /// How the user calls it; nil where it is named after its URL.
  var name: String?
  var url: WebhookURL
  var format: MessageFormat.Name = .rollcall
  /// nil where that of the options counts.
  var selection: EventSelection?
  var secrets: [SigningSecret] = []
  var hubSecret: Secret?
  var headers: [WebhookHeader] = []
  /// nil where the default is meant, which depends on how events are kept.
  var maximumAge: Duration?
  /// How long one attempt may take; nil for the default.
  var timeout: Duration?
}
