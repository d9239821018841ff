import RollcallKit
import Surroundings

/// Lists who is in which conference, and then prints the number of people in each for a while: `all <seconds>`
@main struct Program {
  static func main() async {
    guard let seconds = CommandLine.arguments.dropFirst().first.flatMap({ Int($0) }) else {
      Surroundings.end("usage: all <seconds>", 64)
    }
    let account = Surroundings.account
    do throws(WatchFailure) {
      for conference in try await account.conferences() {
        let people = try await account.participants(in: conference.sid)
        print(conference.sid, conference.friendlyName, people.map(\.callSID.text))
      }
      var watch = Watch(.all, at: account)
      watch.duration = .seconds(seconds)
      var counts: [ConferenceSID: Int] = [:]
      for try await event in watch {
        guard let sid = event.conferenceSID, let count = event.participantCount, counts[sid] != count else { continue }
        counts[sid] = count
        print(event.timestamp.rfc3339, sid, "has", count)
      }
    } catch {
      Surroundings.end(error)
    }
  }
}
