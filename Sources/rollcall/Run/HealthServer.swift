import RollcallCore
import RollcallKit
import RollcallServer
import Synchronization

/// Answers probes: `/healthz` while the loop turns, `/readyz` while lists arrive, `/metrics` for Prometheus.
final class HealthServer: Sendable {
  /// A report that is older than this says that the loop turns no longer.
  static let patience: Duration = .seconds(10)
  private static let stuck = "the event loop is stuck"

  /// The last report, where the server's threads find it.
  private final class Board: Sendable {
    struct Notice: Sendable {
      var report: HealthReport
      var writtenAt: BootInstant
    }

    let notice: Mutex<Notice>

    init(_ notice: Notice) { self.notice = Mutex(notice) }
  }

  private let board: Board
  private let server: HTTPServer
  private let loop: EventLoop

  /// - Throws: ``ServerError`` where the port is in use.
  init(_ address: HealthAddress, on loop: EventLoop) throws(ServerError) {
    let board = Board(Board.Notice(report: HealthReport(), writtenAt: loop.now))
    self.board = board
    self.loop = loop
    server = try HTTPServer(at: address.host, port: address.port) { request in
      let notice = board.notice.withLock { $0 }
      let isAlive = notice.writtenAt.duration(to: loop.now) < Self.patience
      return Self.answer(request, notice.report, isAlive: isAlive)
    }
  }

  /// Makes a report the one that is answered with.
  func post(_ report: HealthReport) {
    let notice = Board.Notice(report: report, writtenAt: loop.now)
    board.notice.withLock { $0 = notice }
  }

  /// Frees the port, and waits for what is being answered.
  func stop() { server.stop() }

  /// Frees the port without a wait.
  func stopSoon() { server.stopSoon() }

  static func answer(_ request: ServerRequest, _ report: HealthReport, isAlive: Bool) -> ServerReply {
    guard request.method == .get || request.method == .head else {
      return .text("only GET is answered\n", status: 405)
    }
    switch request.path {
    case "/healthz": return verdict(isAlive ? [] : [stuck])
    case "/readyz": return verdict(isAlive ? report.problems : [stuck])
    case "/metrics":
      return ServerReply(
        status: 200, headers: [.init("Content-Type", "text/plain; version=0.0.4; charset=utf-8")],
        body: Array(report.metrics.utf8))
    default: return .text("there are /healthz, /readyz and /metrics\n", status: 404)
    }
  }

  /// - Parameter problems: what is missing, a line each.
  private static func verdict(_ problems: [String]) -> ServerReply {
    guard !problems.isEmpty else { return .text("ok\n", status: 200) }
    return .text(problems.map { $0 + "\n" }.joined(), status: 503)
  }
}
