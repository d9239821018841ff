import RollcallKit
import Surroundings

/// Keeps the events of conferences with a name in a file, and posts them: `deliver <name> <url> <state-file>`
@main struct Program {
  static func main() async {
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.count == 3, let name = arguments.first, let path = arguments.last else {
      Surroundings.end("usage: deliver <name> <url> <state-file>", 64)
    }
    guard let secret = Surroundings.variable("ROLLCALL_WEBHOOK_SECRET").flatMap({ try? WebhookSecret($0) }),
      var webhook = try? Webhook(url: Secret(arguments[2]), name: "receiver")
    else { Surroundings.end("give a URL, and set ROLLCALL_WEBHOOK_SECRET", 78) }
    webhook.secrets = [secret]
    webhook.types = [.participantJoined, .participantLeft, .alertRaised, .alertResolved, .conferenceEnded]
    let account = Surroundings.account
    var watch = Watch(.named(name), at: account)
    watch.alerts = [.hold(for: .seconds(120)), .alone(for: .seconds(600))]
    watch.webhooks = [webhook]
    watch.stateFile = .init(path: path)
    do throws(WatchFailure) {
      try await watch.run()
    } catch {
      Surroundings.end(error)
    }
  }
}
