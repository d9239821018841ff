import RollcallCore
import RollcallKit
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5)))
struct `The transport` {
  private static func echo(_ body: [UInt8]) throws -> HostileListener {
    try HostileListener { peer in
      while peer.request() != nil { peer.reply(body: body) }
    }
  }

  private static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }

  @Test(arguments: [0, 1, 300, 65536, 600_000], [true, false])
  func `a body that equals the expected one is not copied`(count: Int, isChunked: Bool) async throws {
    let body = Self.bytes(count, seed: 1)
    let listener = try HostileListener { peer in
      _ = peer.request()
      guard isChunked, count > 0 else { return peer.reply(body: body) }
      peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      peer.write(Array("\(String(count, radix: 16))\r\n".utf8) + body + Array("\r\n0\r\n\r\n".utf8))
    }
    defer { listener.close() }
    let request = HTTPRequest(url: Secret(listener.url), limits: .list, expected: PaddedBytes(body))
    #expect(try await TransportBench.ask(request) == .asExpected(status: 200))
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `a body that differs from the expected one arrives complete`(seed: UInt64) async throws {
    let body = Self.bytes(Int(seed) * 20_000 + 10, seed: seed)
    let listener = try Self.echo(body)
    defer { listener.close() }
    var different = body
    different[Int(seed) * 19_000] ^= 1
    let shorter = Array(body.dropLast())
    let longer = body + [0]
    let empty: [UInt8] = []
    try await TransportBench.run { [different] transport in
      for expected in [different, shorter, longer, empty, Self.bytes(body.count, seed: seed + 1)] {
        let request = HTTPRequest(url: Secret(listener.url), limits: .list, expected: PaddedBytes(expected))
        let outcome = await TransportBench.outcome(of: request, by: transport)
        #expect(outcome == .reply(status: 200, headers: [:], body: body))
      }
    }
  }

  @Test func `one connection serves many requests`() async throws {
    let listener = try Self.echo(Array("hello".utf8))
    defer { listener.close() }
    try await TransportBench.run { transport in
      for _ in 0..<20 {
        let request = HTTPRequest(url: Secret(listener.url), limits: .single)
        let outcome = await TransportBench.outcome(of: request, by: transport)
        #expect(outcome == .reply(status: 200, headers: [:], body: Array("hello".utf8)))
      }
    }
    #expect(listener.connections == 1)
    #expect(listener.requests.count == 20)
  }

  @Test func `concurrent requests do not mix`() async throws {
    let listener = try HostileListener { peer in
      while let request = peer.request() { peer.reply(body: Array(request.prefix { $0 != "\r\n" }.utf8)) }
    }
    defer { listener.close() }
    try await TransportBench.run { transport in
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<50 {
          group.addTask {
            let url = "http://127.0.0.1:\(listener.port)/\(number)"
            let request = HTTPRequest(url: Secret(url), limits: .single)
            let outcome = await TransportBench.outcome(of: request, by: transport)
            #expect(outcome == .reply(status: 200, headers: [:], body: Array("GET /\(number) HTTP/1.1".utf8)))
          }
        }
      }
    }
  }

  @Test func `cancelling ends a request at once`() async throws {
    let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
    let (ends, end) = AsyncStream.makeStream(of: Void.self)
    let listener = try HostileListener { peer in
      _ = peer.request()
      arrival.yield()
      // There is no answer, so this ends only when the other side closes.
      peer.awaitEnd()
      end.yield()
    }
    defer { listener.close() }
    // However slow the machine is, no time limit ends the request.
    var limits = HTTPLimits.single
    (limits.connect, limits.total, limits.stall) = (.seconds(3600), .seconds(3600), .seconds(3600))
    let request = HTTPRequest(url: Secret(listener.url), limits: limits)
    try await TransportBench.run { transport in
      let task = Task { await TransportBench.outcome(of: request, by: transport) }
      for await _ in arrivals { break }
      task.cancel()
      #expect(await task.value == .failure(.cancelled))
    }
    for await _ in ends { break }
  }

  @Test func `a request that is already cancelled is not sent`() async throws {
    let listener = try Self.echo([])
    defer { listener.close() }
    try await TransportBench.run { transport in
      let outcome = await withTaskGroup(of: TransportBench.Outcome.self) { group in
        group.cancelAll()
        group.addTask {
          await TransportBench.outcome(of: HTTPRequest(url: Secret(listener.url), limits: .single), by: transport)
        }
        return await group.next()
      }
      #expect(outcome == .failure(.cancelled))
    }
    #expect(listener.requests.isEmpty)
  }

  @Test func `only the requested headers are sent`() async throws {
    let listener = try Self.echo([])
    defer { listener.close() }
    let headers = [HTTPRequest.Header("X-One", "1"), HTTPRequest.Header("X-Empty", "")]
    let url = Secret("http://127.0.0.1:\(listener.port)/a/../b//c?d=%2F")
    try await TransportBench.run { transport in
      let post = HTTPRequest(method: .post, url: url, headers: headers, body: Array("body".utf8), limits: .webhook)
      _ = await TransportBench.outcome(of: post, by: transport)
      _ = await TransportBench.outcome(of: HTTPRequest(url: url, limits: .single), by: transport)
    }
    let host = "Host: 127.0.0.1:\(listener.port)\r\n"
    let path = "/a/../b//c?d=%2F HTTP/1.1\r\n"
    let sent = listener.requests.map { request in
      request.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
    }
    let first = "POST \(path)\(host)X-One: 1\r\nX-Empty:\r\nAccept-Encoding: identity\r\nContent-Length: 4\r\n\r\nbody"
    let second = "GET \(path)\(host)Accept-Encoding: identity\r\n\r\n"
    #expect(
      sent == [first, second].map { $0.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init) })
  }

  @Test(arguments: [
    "ftp://127.0.0.1/", "file:///etc/passwd", "127.0.0.1", "http:///x", "http://h:99999/", "http://a b/",
    "http://h\r\n/",
    "", "http://[::1/",
  ])
  func `a URL that is not an HTTP URL is rejected`(url: String) async throws {
    let outcome = try await TransportBench.ask(HTTPRequest(url: Secret(url), limits: .single))
    #expect(outcome == .failure(.unreachable))
  }

  @Test(arguments: [("X-A", "1\r\nX-B: 2"), ("X A", "1"), ("", "1"), ("X-A:", "1"), ("X-A", "\u{0}")])
  func `a header that would not stay in its line is rejected`(name: String, value: String) async throws {
    let listener = try Self.echo([])
    defer { listener.close() }
    let headers = [HTTPRequest.Header(name, value)]
    let request = HTTPRequest(url: Secret(listener.url), headers: headers, limits: .single)
    #expect(try await TransportBench.ask(request) == .failure(.unreachable))
    #expect(listener.requests.isEmpty)
  }
}
