import RollcallKit
import Surroundings

/// Prints what happens in a conference: `watch <conference-sid>`
@main struct Program {
  static func main() async {
    guard let sid = CommandLine.arguments.dropFirst().first.flatMap(ConferenceSID.init) else {
      Surroundings.end("usage: watch <conference-sid>", 64)
    }
    let account = Surroundings.account
    var watch = Watch(.conference(sid), at: account)
    watch.interval = .seconds(1)
    do throws(WatchFailure) {
      for try await event in watch {
        let time = event.timestamp.rfc3339
        switch event.kind {
        case .participantJoined(let participant):
          print(time, "joined", participant.label ?? participant.callSID.text)
        case .participantLeft(let departure):
          print(time, "left", departure.participant.callSID, "after", departure.lasted ?? "an unknown time")
        case .watchInterrupted(let outage): print(time, "nothing is known for the moment:", outage.error)
        case .watchResumed: print(time, "looking again")
        case .conferenceEnded: print(time, "over")
        default: print(time, event.type, event.callSID ?? "")
        }
      }
    } catch {
      Surroundings.end(error)
    }
  }
}
