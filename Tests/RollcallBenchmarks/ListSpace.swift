import Libc
import RollcallServer
import Synchronization

/// The space that is polled: a server in a process of its own, so that its work is nobody else's.
final class ListSpace: Sendable {
  /// Forgets what was learnt about punctuality.
  static let resetPath = "/measure/reset"
  /// Answers with the median, the 99th percentile, the number of polls, and the most conferences within ten milliseconds.
  static let delaysPath = "/measure/delays"

  private struct State {
    var scripts: [Scenario: Script] = [:]
    var small = SmallRooms()
  }

  private let state = Mutex(State())

  /// Serves until standard input ends; the first line on standard output is the port of the lists, and that of the
  /// measurements: the watcher may take every connection that one server gives away.
  static func serve() -> Int32 {
    let space = ListSpace()
    do throws(ServerError) {
      let lists = try HTTPServer { space.answer($0) }
      let measurements = try HTTPServer { space.answer($0) }
      Descriptor.write(Array("\(lists.port) \(measurements.port)\n".utf8), to: STDOUT_FILENO)
      Descriptor.drain(STDIN_FILENO)
      _exit(0)
    } catch {
      return 1
    }
  }

  private func answer(_ request: ServerRequest) -> ServerReply {
    let now = Measure.now
    if request.path == Self.resetPath {
      state.withLock { $0.small.forgetArrivals() }
      return .text("", status: 200)
    }
    if request.path == Self.delaysPath {
      let (delays, crowding) = state.withLock { ($0.small.delays(), $0.small.crowding()) }
      let (half, most) = (Measure.median(delays), Measure.quantile(0.99, of: delays))
      let words = [Finding.rounded(half, digits: 3), Finding.rounded(most, digits: 3), "\(delays.count) \(crowding)"]
      return .text(words.joined(separator: " "), status: 200)
    }
    let parts = request.path.split(separator: "/")
    guard let place = parts.firstIndex(of: "Conferences"), place + 1 < parts.count else { return Self.notFound }
    let sid = parts[place + 1]
    switch parts.count - place {
    case 2: return .json(Array(#"{"status":"in-progress"}"#.utf8))
    case 3: return page(of: sid, at: now).map { .json($0) } ?? Self.notFound
    default: return Self.notFound
    }
  }

  private func page(of sid: Substring, at now: Int64) -> [UInt8]? {
    state.withLock { state in
      guard sid.hasPrefix(Scenario.sidPrefix) else { return state.small.nextPage(of: sid, at: now) }
      guard let scenario = Scenario(rawValue: String(sid.dropFirst(Scenario.sidPrefix.count))) else { return nil }
      return state.scripts[scenario, default: Script(scenario)].nextPage()
    }
  }

  private static let notFound = ServerReply.json(
    Array(#"{"code":20404,"message":"not found","status":404}"#.utf8), status: 404)
}
