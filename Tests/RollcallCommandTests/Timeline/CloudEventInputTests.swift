import RollcallCore
import Testing

@testable import rollcall

@Suite(.runsCommands) struct `A timeline and a report of CloudEvents` {
  private static let right = "give the output of rollcall watch or rollcall events"

  /// Returns the line as a webhook of the format `cloudevents` gets it.
  private static func wrapped(_ line: [UInt8]) throws -> [UInt8] {
    let event = StoredEvent(
      sequence: 1, id: "evt_1", type: .participantJoined, timestamp: DrawnEvents.start,
      conference: ConferenceSID("c"), call: nil, line: line + [0x0A])
    return MessageFormat.cloudEvents(EventSource(account: "https://h/a")).body(of: event)
  }

  private static func text(_ lines: [[UInt8]]) -> String {
    String(decoding: lines.joined(separator: [0x0A]) + [0x0A], as: UTF8.self)
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func `are the same however many events are wrapped`(seed: UInt64) throws {
    let lines = DrawnEvents.lively(seed: seed, people: 12) { "P\($0)" }.lines
    let all = try lines.map(Self.wrapped)
    let mixed = zip(lines, all).enumerated().map { $0 % 3 == 0 ? $1.1 : $1.0 }
    for command in ["timeline", "report"] {
      var outputs: Set<String> = []
      for lines in [lines, all, mixed] {
        try TemporaryFile.with(Self.text(lines), mode: 0o600) { path in
          let run = try CommandRun([command, path], environment: [:])
          #expect(run.status == 0 && run.errors == "" && !run.output.isEmpty)
          outputs.insert(run.output)
        }
      }
      #expect(outputs.count == 1)
    }
  }

  @Test(arguments: [
    (#""type":"com.example.call.joined","data":{}"#, "is a CloudEvent from another program"),
    (#""type":"rollcall","data":{}"#, "is a CloudEvent from another program"),
    (#""data":{}"#, "is a CloudEvent from another program"), (#""type":7"#, "is a CloudEvent from another program"),
    (#""type":"rollcall.watch.started""#, "is not a rollcall event: missing or invalid data"),
    (#""type":"rollcall.watch.started","data":null"#, "is not a rollcall event: missing or invalid id"),
    (#""type":"rollcall.watch.started","data":{"level":"info"}"#, "is not a rollcall event: missing or invalid id"),
  ])
  func `rejects CloudEvents of other programs, with the number of the line`(rest: String, problem: String) throws {
    var events = DrawnEvents()
    events.add("watch.started")
    let text = Self.text(events.lines + [Array(#"{"specversion":"1.0","id":"1","source":"s",\#(rest)}"#.utf8)])
    for command in ["timeline", "report"] {
      try TemporaryFile.with(text, mode: 0o600) { path in
        let run = try CommandRun([command, path], environment: [:])
        #expect(run.status == ExitStatus.damagedData.code && run.output == "")
        #expect(run.errors == "rollcall: line 2 of \"\(path)\" \(problem); \(Self.right)\n")
      }
    }
  }
}
