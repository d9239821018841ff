import Libc
import RollcallServer
import Synchronization

/// The polled space: a server in a process of its own, so that its work is not measured.
final class ListSpace: Sendable {
  /// The maximum number of connections: more than a watch, the floor and a TLS front open together, so that none is
  /// closed to make room for another.
  private static let connections = 1024

  /// The path that resets the measured delays.
  static let resetPath = "/measure/reset"
  /// The path that returns the median, the 99th percentile, the number of polls, and the maximum number of conferences
  /// polled within ten milliseconds.
  static let delaysPath = "/measure/delays"

  /// One page of a list, and what identifies its contents.
  struct Listing {
    var bytes: [UInt8]
    var tag: String
  }

  private struct State {
    var scripts: [Scenario: Script] = [:]
    var counted = CountedRooms()
  }

  private let state = Mutex(State())

  /// Serves until standard input ends. The first line on standard output has the port of the lists and that of the
  /// measurements. They are separate because the watch may use every connection that one server has.
  static func serve() -> Int32 {
    let space = ListSpace()
    do throws(ServerError) {
      let lists = try HTTPServer(connections: connections) { space.answer($0) }
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
      state.withLock { $0.counted.forgetArrivals() }
      return .text("", status: 200)
    }
    if request.path == Self.delaysPath {
      let (delays, crowding) = state.withLock { ($0.counted.delays(), $0.counted.crowding()) }
      let (half, most) = (Measure.median(delays), Measure.quantile(0.99, of: delays))
      let words = [Finding.rounded(half, digits: 3), Finding.rounded(most, digits: 3), "\(delays.count) \(crowding)"]
      return .text(words.joined(separator: " "), status: 200)
    }
    let parts = request.path.split(separator: "/")
    guard let place = parts.firstIndex(of: "Conferences"), place > 0 else { return Self.notFound }
    let account = String(parts[place - 1])
    switch parts.count - place {
    case 1: return AccountList(account)?.page(FormFields(request.query)).map { .json($0) } ?? Self.notFound
    case 2: return .json(Array(#"{"sid":"\#(parts[place + 1])","status":"in-progress"}"#.utf8))
    case 3: return reply(listing(of: parts[place + 1], account, FormFields(request.query), at: now), to: request)
    default: return Self.notFound
    }
  }

  private func listing(
    of sid: Substring, _ account: String, _ query: FormFields, at now: Int64
  ) -> Listing? {
    let number = query["Page"].flatMap { Int($0) } ?? 0
    return state.withLock { state in
      guard sid.hasPrefix(Scenario.sidPrefix) else {
        return state.counted.page(number, of: sid, account, at: now)
      }
      guard let scenario = Scenario(rawValue: String(sid.dropFirst(Scenario.sidPrefix.count))) else { return nil }
      let bytes = state.scripts[scenario, default: Script(scenario)].nextPage()
      return Listing(bytes: bytes, tag: "\"\(state.scripts[scenario]?.version ?? 0)\"")
    }
  }

  /// Tags a reply only for a front that asks for it, so that a list fetched directly is sent whole each time.
  private func reply(_ listing: Listing?, to request: ServerRequest) -> ServerReply {
    guard let listing else { return Self.notFound }
    guard request.header("x-tagged") != nil else { return .json(listing.bytes) }
    let tag = ServerRequest.Header("ETag", listing.tag)
    // A front that compresses a reply makes its tag weak.
    let known = request.header("if-none-match").map { $0.hasPrefix("W/") ? String($0.dropFirst(2)) : $0 }
    guard known != listing.tag else { return ServerReply(status: 304, headers: [tag]) }
    var reply = ServerReply.json(listing.bytes)
    reply.headers.append(tag)
    return reply
  }

  private static let notFound = ServerReply.json(
    Array(#"{"code":20404,"message":"not found","status":404}"#.utf8), status: 404)
}
