import RollcallCore
import RollcallKit
import RollcallServer
import RollcallSimulator

/// `rollcall demo`: a simulated conference, watched over real HTTP in one process.
struct DemoCommand {
  private static let interval: Duration = .milliseconds(500)

  private let options: DemoOptions

  init(_ options: DemoOptions) { self.options = options }

  func run() throws(UsageError) -> Int32 {
    let log = StandardError(LogOptions())
    let space: SimulatedSpace
    do throws(ServerError) {
      space = try SimulatedSpace(scenario: .demo, seed: 1)
    } catch {
      throw UsageError("\(error)", right: "free a loopback port", exit: .configuration)
    }
    defer { space.stop() }
    let conferences = space.conferences.compactMap { ConferenceSID($0.sid) }
    log.log(.notice, "a simulated conference runs at \(space.origin); its events follow, and it ends in about 15 s")
    let companion = space.conferences.first.map { conference in
      { @Sendable loop in await DemoNarrator(space: space, conference: conference.sid, log: log).tell(on: loop) }
    }
    let (origin, project, token) = (space.origin, space.project, space.token)
    let status = WatchSession(
      api: { ConferenceAPI(transport: $0, origin: origin, project: project, token: Secret(token)) },
      subject: .conferences(conferences), settings: WatchSettings(interval: Self.interval), companion: companion,
      duration: .seconds(options.seconds), log: log
    ).run()
    log.log(.notice, "to watch a real one: rollcall watch <conference-sid>, see rollcall help watch")
    return status
  }
}
