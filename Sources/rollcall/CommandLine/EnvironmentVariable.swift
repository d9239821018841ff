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
    case .space: "the space: example, example.signalwire.com or an origin; --space takes precedence"
    case .spaceURL: "another name of SIGNALWIRE_SPACE, used if that is not set"
    case .project: "the project id, used without --project"
    case .token: "the API token, used without --token-file"
    case .twilioAccount: "the account sid, AC…, with --provider twilio"
    case .twilioToken: "the auth token, with --provider twilio; a parent account's token as AC…:TOKEN"
    case .twilioKey, .twilioSecret: "an API key, SK…, and its secret, instead of TWILIO_AUTH_TOKEN"
    case .twilioRegion, .twilioEdge: "choose Twilio's host, api.EDGE.REGION.twilio.com; not with --space"
    case .telnyxKey: "the API key, with --provider telnyx"
    case .webhookURL: "where events are posted, used without --webhook and --webhook-file"
    case .state: "the state file, used without --state"
    case .webhookSecret: "the whsec_… secret that signs or verifies webhooks, used if no file is given"
    case .certificates: "a PEM file of certificates to trust in addition to the system's and those of --ca-file"
    case .terminal: "if it is dumb or not set, there are no colours and nothing is redrawn in place"
    case .noColour: "if it is not empty, there are no colours on terminals"
    }
  }
}
