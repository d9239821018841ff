import RollcallCore
import RollcallKit
import RollcallServer
import RollcallSimulator

/// `rollcall demo`: a simulated conference, watched over real HTTP in one process.
struct DemoCommand {
  private static let interval: Duration = .milliseconds(500)
  /// Seconds after which the scenario is over.
  private static let scenario = 14

  private let options: DemoOptions

  init(_ options: DemoOptions) { self.options = options }

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    let space: SimulatedSpace
    do throws(ServerError) {
      space = try SimulatedSpace(scenario: .demo, seed: 1)
    } catch {
      throw UsageError("\(error)", right: "free a loopback port", exit: .configuration)
    }
    defer { space.stop() }
    let conferences = space.conferences.compactMap { ConferenceSID($0.sid) }
    let display = display(of: space)
    let log = StandardError(LogOptions(), hold: display.hold)
    let seconds = min(options.seconds, Self.scenario)
    log.log(
      .notice, "a simulated conference runs at \(space.origin); its events follow, and it ends in about \(seconds) s")
    let companion = space.conferences.first.map { conference in
      { @Sendable loop in await DemoNarrator(space: space, conference: conference.sid, log: log).tell(on: loop) }
    }
    let (origin, project, token) = (space.origin, space.project, space.token)
    let status = WatchSession(
      api: { ConferenceAPI(transport: $0, origin: origin, project: project, token: Secret(token)) },
      subject: .conferences(conferences), settings: WatchSettings(interval: Self.interval), companion: companion,
      duration: .seconds(options.seconds), display: display, log: log
    ).run(until: signals)
    Self.tellNext(log)
    return status
  }

  /// People and the conference are called what the scenario calls them.
  private func display(of space: SimulatedSpace) -> EventDisplay {
    let conferences = space.conferences
    let names = ShownNames { sid in
      conferences.first { $0.sid == sid }?.friendlyName
        ?? conferences.lazy.compactMap { space.name(of: sid, in: $0.sid) }.first
    }
    return switch options.format {
    case .ndjson: .ndjson
    case .text: .text(TextDisplay(look: options.look, namesConference: false, names: names))
    case nil: .board(BoardDisplay(look: options.look, names: names))
    }
  }

  /// How to have the same of a real conference.
  private static func tellNext(_ log: StandardError) {
    for line in [
      "that was a simulation; to see a conference of your own:",
      "  set SIGNALWIRE_SPACE, SIGNALWIRE_PROJECT_ID and SIGNALWIRE_API_TOKEN,",
      "  rollcall check                          says whether that is all it takes,",
      "  rollcall watch <conference-sid> --live  draws it as you have just seen",
    ] { log.log(.notice, line) }
  }
}
