import RollcallServer

/// Reads the metrics that a watch serves.
struct Metrics {
  private let port: Int
  private let page: Floor

  /// Chooses a port that is free now.
  init?() {
    guard let server = try? HTTPServer(handler: { _ in .text("", status: 404) }) else { return nil }
    port = Int(server.port)
    server.stop()
    guard let page = Floor("http://127.0.0.1:\(port)/metrics") else { return nil }
    self.page = page
  }

  /// The options that make the watch serve its metrics.
  var arguments: [String] { ["--health", "\(port)"] }

  /// The number of bytes in all replies so far, headers included, and when that was reported.
  struct Received {
    var bytes: Int
    var moment: Int64
  }

  private static let pause: UInt32 = 20
  /// The maximum number of attempts to get a new report, which comes every other second.
  private static let looks = 200

  /// Waits for the next report.
  func received() -> Received? {
    let last = receivedBytes
    for _ in 0..<Self.looks {
      Measure.sleep(milliseconds: Self.pause)
      if let bytes = receivedBytes, bytes != last { return Received(bytes: bytes, moment: Measure.now) }
    }
    return nil
  }

  private var receivedBytes: Int? {
    guard page.fetch() else { return nil }
    let lines = String(decoding: page.body, as: UTF8.self).split(separator: "\n")
    let line = lines.first { $0.hasPrefix("rollcall_received_bytes_total ") }
    return line?.split(separator: " ").last.flatMap { Double($0) }.map { Int($0) }
  }
}
