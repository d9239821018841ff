/// The variables that rollcall reads.
enum EnvironmentVariable: String, CaseIterable, Sendable {
  case space = "SIGNALWIRE_SPACE"
  case spaceURL = "SIGNALWIRE_SPACE_URL"
  case project = "SIGNALWIRE_PROJECT_ID"
  case token = "SIGNALWIRE_API_TOKEN"
  // What the clients of the other two read.
  case twilioAccount = "TWILIO_ACCOUNT_SID"
  case twilioToken = "TWILIO_AUTH_TOKEN"
  case telnyxKey = "TELNYX_API_KEY"
  case webhookURL = "ROLLCALL_WEBHOOK_URL"
  case state = "ROLLCALL_STATE"
  case webhookSecret = "ROLLCALL_WEBHOOK_SECRET"
  // What terminals are.
  case terminal = "TERM"
  case noColour = "NO_COLOR"
}
