/// The variables that rollcall reads.
enum EnvironmentVariable: String, CaseIterable, Sendable {
  case space = "SIGNALWIRE_SPACE"
  case spaceURL = "SIGNALWIRE_SPACE_URL"
  case project = "SIGNALWIRE_PROJECT_ID"
  case token = "SIGNALWIRE_API_TOKEN"
  // The variables that the clients of the other two providers read.
  case twilioAccount = "TWILIO_ACCOUNT_SID"
  case twilioToken = "TWILIO_AUTH_TOKEN"
  case twilioKey = "TWILIO_API_KEY"
  case twilioSecret = "TWILIO_API_SECRET"
  case twilioRegion = "TWILIO_REGION"
  case twilioEdge = "TWILIO_EDGE"
  case telnyxKey = "TELNYX_API_KEY"
  case webhookURL = "ROLLCALL_WEBHOOK_URL"
  case state = "ROLLCALL_STATE"
  case webhookSecret = "ROLLCALL_WEBHOOK_SECRET"
  case certificates = "SSL_CERT_FILE"
  // The variables that describe the terminal.
  case terminal = "TERM"
  case noColour = "NO_COLOR"

  /// The meaning, for the man page.
  var meaning: String {
    switch self {
    case .space: "the space: example, example.signalwire.com or an origin; --space goes before it"
    case .spaceURL: "the same under another name, read where SIGNALWIRE_SPACE is not set"
    case .project: "the project id, where --project is not given"
    case .token: "the API token, where --token-file is not given"
    case .twilioAccount: "the account sid, AC…, with --provider twilio"
    case .twilioToken: "the auth token, with --provider twilio; that of a parent account as AC…:TOKEN"
    case .twilioKey, .twilioSecret: "an API key, SK…, and its secret, instead of TWILIO_AUTH_TOKEN"
    case .twilioRegion, .twilioEdge: "choose Twilio's host, api.EDGE.REGION.twilio.com; not with --space"
    case .telnyxKey: "the API key, with --provider telnyx"
    case .webhookURL: "where events are posted, where neither --webhook nor --webhook-file is given"
    case .state: "the state file, where --state is not given"
    case .webhookSecret: "the whsec_… secret that webhooks are signed or verified with, where no file is given"
    case .certificates: "a PEM file of certificates to trust too, beside the system's and those of --ca-file"
    case .terminal: "a terminal that is dumb, or of no kind, gets no colours and nothing drawn in place"
    case .noColour: "no colours on terminals, where it is not empty"
    }
  }
}
