import Libc
import RollcallCore
import RollcallKit

/// Watches a conference and prints what happens in it:
///
///     SIGNALWIRE_SPACE_URL=https://example.signalwire.com SIGNALWIRE_PROJECT_ID=… SIGNALWIRE_API_TOKEN=… watch <conference-sid>
@main struct Watch {
  static func main() async {
    guard let sid = CommandLine.arguments.last.flatMap(ConferenceSID.init), CommandLine.arguments.count == 2,
      let origin = variable("SIGNALWIRE_SPACE_URL"), let project = variable("SIGNALWIRE_PROJECT_ID"),
      let token = variable("SIGNALWIRE_API_TOKEN")
    else { return end("usage: watch <conference-sid>, with the variables of SignalWire's clients", 64) }
    do {
      let account = try ConferenceAccount(origin: origin, project: project, token: Secret(token))
      try await watch(ConferenceEvents(of: sid, at: account, interval: .seconds(1)))
    } catch let failure as WatchFailure {
      switch failure {
      case .unauthorised: end("the token was refused", 77)
      case .unknownConference, .conferenceOver: end("there is no such conference", 69)
      case .unreachable(let reason), .setUp(let reason): end(reason, 69)
      }
    } catch {
      end("\(origin) is no origin that a token may be sent to", 78)
    }
  }

  private static func watch(_ events: ConferenceEvents) async throws(WatchFailure) {
    for try await event in events {
      switch event.type {
      case .participantJoined, .participantLeft:
        let (time, count) = (event.detail.timestamp.rfc3339, event.detail.participantCount)
        print(time, event.type.rawValue, event.call?.text ?? "", count)
      case .watchInterrupted: print("nothing is known for the moment")
      case .watchResumed: print("looking again")
      // More types may come.
      default: print(event.type.rawValue, event.call?.text ?? "")
      }
    }
    print("over")
  }

  private static func variable(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }

  private static func end(_ reason: String, _ code: Int32) {
    print(reason)
    exit(code)
  }
}
