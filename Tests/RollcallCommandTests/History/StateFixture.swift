import Libc
import RollcallCore
import RollcallKit
import RollcallSimulator
import Testing

@testable import rollcall

/// A state file in its own directory, with ways to fill it.
struct StateFixture: ~Copyable {
  /// How long the watch that fills a file runs.
  static let watchTime = "3s"

  let directory: String
  var path: String { directory + "/state.db" }

  init() throws {
    var template = Array("/tmp/rollcall-state-XXXXXX".utf8CString)
    try #require(unsafe mkdtemp(&template) != nil)
    directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for name in ["state.db", "state.db-wal", "state.db-shm"] { unsafe unlink("\(directory)/\(name)") }
    unsafe rmdir(directory)
  }

  /// Lets the built command watch a conference with the file.
  ///
  /// - Returns: the lines that it wrote.
  func watch(_ space: SimulatedSpace, _ options: String...) throws -> [Substring] {
    let arguments = ["watch", space.conferences[0].sid, "--state", path, "--interval", "100ms"] + options
    let run = try CommandRun(arguments, environment: Self.account(space))
    try #require(run.status == ExitStatus.done.code, "\(run.errors)")
    return run.output.split(separator: "\n")
  }

  static func account(_ space: SimulatedSpace) -> [String: String] {
    [
      "SIGNALWIRE_SPACE": space.origin, "SIGNALWIRE_PROJECT_ID": space.project, "SIGNALWIRE_API_TOKEN": space.token,
    ]
  }

  /// Runs a command that reads the file, without any other environment.
  func run(_ arguments: String..., environment: [String: String] = [:]) throws -> CommandRun {
    try CommandRun(arguments + ["--state", path], environment: environment)
  }

  /// Opens the file's store, as a watch would, for the body.
  func withStore(
    of owner: SQLiteStore.Owner = SQLiteStore.Owner(origin: "https://h", account: "project-1"),
    _ body: @escaping @Sendable (SQLiteStore) async throws -> Void
  ) throws {
    let path = path
    let loop = EventLoop()
    let status = loop.run {
      do {
        let store = try await SQLiteStore.open(on: loop, path: path, owner: owner, epoch: 7, process: 1)
        try await body(store)
        try await store.close(until: loop.now)
        return 0
      } catch {
        Issue.record(error)
        return 1
      }
    }
    try #require(status == 0)
  }

  /// Fills the file with heartbeats, which are events without a conference.
  func fill(heartbeats count: Int, from start: Timestamp) throws {
    try withStore { store in
      let drafts = (0..<count).map { index in
        Event.heartbeat(
          WatchDetail.Heartbeat(
            conferences: 1, participants: index, polls: 1, failures: 0, pollDelayMedian: .zero,
            pollDelay99thPercentile: .zero, undelivered: 0), at: start + .seconds(index))
      }
      try await store.commit(PollCommit(drafts))
    }
  }
}
