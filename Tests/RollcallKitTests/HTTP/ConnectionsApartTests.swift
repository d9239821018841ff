import RollcallCore
import RollcallKit
import Synchronization
import Testing

/// Serialized, because each uses 256 connections.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct `The connections of a transport` {
  /// Requests that hang: their listener, their arrivals, and how many have ended.
  private final class Hanging: Sendable {
    let listener: HostileListener
    let arrivals: AsyncStream<Void>
    let ended = Atomic(0)

    init() throws {
      let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
      self.arrivals = arrivals
      listener = try HostileListener { peer in
        _ = peer.request()
        arrival.yield()
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
        // Fast enough not to be ended by the speed limit.
        while peer.write([UInt8](repeating: 0, count: 500)), peer.pause(milliseconds: 2000) {}
      }
    }

    /// Uses all connections of a transport and keeps requesting more.
    func take(all count: Int, of transport: CurlTransport, _ group: inout TaskGroup<Void>) async {
      for _ in 0..<count + 10 {
        group.addTask { [self] in
          var limits = HTTPLimits.single
          limits.total = .seconds(60)
          _ = await TransportBench.outcome(of: HTTPRequest(url: Secret(listener.url), limits: limits), by: transport)
          ended.add(1, ordering: .sequentiallyConsistent)
        }
      }
      var arrived = 0
      for await _ in arrivals {
        arrived += 1
        if arrived == count { return }
      }
    }
  }

  @Test(arguments: [(hanging: CurlTransport.Purpose.webhooks, other: CurlTransport.Purpose.polls), (.polls, .webhooks)])
  func `are separate: hanging requests do not delay those of another transport`(
    hanging: CurlTransport.Purpose, other: CurlTransport.Purpose
  ) async throws {
    let requests = try Hanging()
    let listener = try HostileListener { peer in
      while peer.request() != nil { peer.reply(body: Array("hello".utf8)) }
    }
    defer {
      requests.listener.close()
      listener.close()
    }
    let loop = EventLoop()
    #expect(loop.startThread())
    defer { loop.stop() }
    let busy = CurlTransport(on: loop, for: hanging)
    let free = CurlTransport(on: loop, for: other)
    await withTaskGroup(of: Void.self) { group in
      await requests.take(all: hanging.maximumConnections, of: busy, &group)
      let request = HTTPRequest(url: Secret(listener.url), limits: .single)
      for _ in 0..<3 {
        let outcome = await TransportBench.outcome(of: request, by: free)
        #expect(outcome == .reply(status: 200, headers: [:], body: Array("hello".utf8)))
      }
      #expect(requests.ended.load(ordering: .sequentiallyConsistent) == 0)
      #expect(requests.listener.connections == hanging.maximumConnections)
      group.cancelAll()
    }
  }

  @Test func `serve more requests than there are connections`() async throws {
    let listener = try HostileListener { peer in
      while peer.request() != nil { peer.reply(body: Array("hello".utf8)) }
    }
    defer { listener.close() }
    try await TransportBench.run { transport in
      await withTaskGroup(of: TransportBench.Outcome.self) { group in
        for _ in 0..<600 {
          group.addTask {
            await TransportBench.outcome(of: HTTPRequest(url: Secret(listener.url), limits: .single), by: transport)
          }
        }
        for await outcome in group {
          #expect(outcome == .reply(status: 200, headers: [:], body: Array("hello".utf8)))
        }
      }
    }
    #expect(listener.connections <= CurlTransport.Purpose.polls.maximumConnections)
  }

  @Test func `are closed with it while the loop continues`() async throws {
    let (ends, end) = AsyncStream.makeStream(of: Void.self)
    let listener = try HostileListener { peer in
      while peer.request() != nil { peer.reply(body: []) }
      end.yield()
    }
    defer { listener.close() }
    let loop = EventLoop()
    #expect(loop.startThread())
    defer { loop.stop() }
    let request = HTTPRequest(url: Secret(listener.url), limits: .single)
    for _ in 0..<3 {
      let transport = CurlTransport(on: loop, for: .webhooks)
      let outcome = await TransportBench.outcome(of: request, by: transport)
      #expect(outcome == .reply(status: 200, headers: [:], body: []))
    }
    var closed = 0
    for await _ in ends {
      closed += 1
      if closed == 3 { break }
    }
    #expect(closed == 3)
  }
}
