import Libc
import Synchronization
import Testing

@testable import RollcallServer

/// A source whose results are scripted and whose calls are counted.
private final class ScriptedSource: ConnectionSource {
  enum Call: Equatable {
    case accept(AcceptedConnection)
    case rest
  }

  private struct State {
    var rest: [AcceptedConnection]
    var calls: [Call] = []
    var isStopped = false
  }

  private let state: Mutex<State>

  init(_ script: [AcceptedConnection]) { state = Mutex(State(rest: script)) }

  var calls: [Call] { state.withLock(\.calls) }
  var isPlayed: Bool { state.withLock(\.rest.isEmpty) }

  /// A connection always seems to be available, as if it could not be accepted.
  func awaitConnection() -> Bool {
    while true {
      let goesOn = state.withLock { $0.isStopped ? false : $0.rest.isEmpty ? nil : true }
      if let goesOn { return goesOn }
      usleep(1000)
    }
  }

  func accept() -> AcceptedConnection {
    state.withLock { state in
      let next = state.rest.removeFirst()
      state.calls.append(.accept(next))
      return next
    }
  }

  func pause() { state.withLock { $0.calls.append(.rest) } }
  func stop() { state.withLock { $0.isStopped = true } }
  func close() {}
}

/// Both ends of a connection.
private struct Ends {
  let server: Int32
  let client: Int32

  init() throws {
    var ends: [Int32] = [-1, -1]
    #if canImport(Glibc)
      let type = Int32(SOCK_STREAM.rawValue)
    #else
      let type = SOCK_STREAM
    #endif
    try #require(unsafe socketpair(AF_UNIX, type, 0, &ends) == 0)
    (server, client) = (ends[0], ends[1])
  }
}

@Suite(.timeLimit(.minutes(5))) struct `An acceptor` {
  /// Runs a script to its end.
  private static func played(_ script: [AcceptedConnection]) throws -> [ScriptedSource.Call] {
    let source = ScriptedSource(script)
    let acceptor = try Acceptor(source) { _ in .text("", status: 200) }
    while !source.isPlayed { usleep(1000) }
    acceptor.stop()
    return source.calls
  }

  @Test(arguments: [AcceptedConnection.shortage, .failure])
  func `that cannot accept pauses before it tries again`(outcome: AcceptedConnection) throws {
    let calls = try Self.played([outcome, outcome, outcome])
    #expect(calls == [.accept(outcome), .rest, .accept(outcome), .rest, .accept(outcome), .rest])
  }

  @Test func `does not pause if a connection was already closed again`() throws {
    #expect(try Self.played([.nothing, .nothing]) == [.accept(.nothing), .accept(.nothing)])
  }

  @Test func `without descriptors ends idle connections, and pauses when there are none`() throws {
    let (first, second) = (try Ends(), try Ends())
    let calls = try Self.played([
      .connection(first.server), .connection(second.server), .shortage, .shortage, .shortage,
    ])
    #expect(
      calls == [
        .accept(.connection(first.server)), .accept(.connection(second.server)), .accept(.shortage),
        .accept(.shortage), .accept(.shortage), .rest,
      ])
    for client in [first.client, second.client] { _ = close(client) }
  }
}

@Suite struct `The connections from which one is chosen to end` {
  /// Returns a table with the idle connections 1 to 4.
  private static func full() -> ConnectionTable {
    var table = ConnectionTable(limit: 4)
    let numbers = (11...15).map { table.admit($0) }
    #expect(numbers == [1, 2, 3, 4, nil])
    return table
  }

  /// Returns the connections in the order in which they end.
  private static func endings(_ table: ConnectionTable) -> [Int] {
    var table = table
    var numbers: [Int] = []
    while let (number, descriptor) = table.endLongestWaiting() {
      #expect(Int(descriptor) == number + 10)
      numbers.append(number)
    }
    return numbers
  }

  @Test func `end in the order in which they became idle`() {
    var table = Self.full()
    #expect(Self.endings(table) == [1, 2, 3, 4])
    for phase in [ConnectionTable.Phase.arriving, .answering, .idle] {
      let may = table.record(phase, of: 1)
      #expect(may)
    }
    #expect(Self.endings(table) == [2, 3, 4, 1])
  }

  @Test func `end last if part of a request has arrived, and not while it is answered`() {
    var table = Self.full()
    for (number, phase) in [(1, ConnectionTable.Phase.arriving), (2, .arriving), (2, .answering)] {
      let may = table.record(phase, of: number)
      #expect(may)
    }
    #expect(Self.endings(table) == [3, 4, 1])
  }

  @Test func `are ignored once they are chosen`() {
    var table = Self.full()
    let chosen = table.endLongestWaiting()?.number
    let (mayBegin, mayAnswer) = (table.record(.arriving, of: 1), table.record(.answering, of: 1))
    #expect(chosen == 1 && !mayBegin && !mayAnswer)
    // It counts until it has really ended.
    let tooEarly = table.admit(15)
    table.remove(1)
    let (next, another) = (table.admit(15), table.admit(16))
    #expect(tooEarly == nil && next == 5 && another == nil)
    let mayWait = table.record(.idle, of: 1)
    #expect(!mayWait)
  }
}
