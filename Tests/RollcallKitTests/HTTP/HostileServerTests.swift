import RollcallCore
import RollcallKit
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5)))
struct `The transport and hostile servers` {
  private static func request(_ listener: HostileListener, limits: HTTPLimits = .single) -> HTTPRequest {
    HTTPRequest(url: Secret(listener.url), limits: limits)
  }

  @Test func `a body that arrives slowly is given up when its time is up`() async throws {
    let (drips, drip) = AsyncStream.makeStream(of: Int.self)
    let listener = try HostileListener { peer in
      _ = peer.request()
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
      var count = 0
      while count < 12_000, peer.pause(milliseconds: 10) {
        peer.write("x")
        count += 1
      }
      drip.yield(count)
    }
    defer { listener.close() }
    var limits = HTTPLimits.single
    limits.body = 200_000
    limits.total = .milliseconds(200)
    #expect(try await TransportBench.ask(Self.request(listener, limits: limits)) == .failure(.timedOut))
    // The body would have taken two more minutes.
    #expect(try #require(await drips.first { _ in true }) < 12_000)
  }

  @Test func `a stalled body is given up before its time is up`() async throws {
    let listener = try HostileListener { peer in
      _ = peer.request()
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf")
      peer.awaitEnd()
    }
    defer { listener.close() }
    var limits = HTTPLimits.list
    (limits.total, limits.stall) = (.seconds(3600), .seconds(1))
    #expect(try await TransportBench.ask(Self.request(listener, limits: limits)) == .failure(.timedOut))
  }

  @Test(arguments: [true, false])
  func `an endless body is cut at its limit`(isIgnored: Bool) async throws {
    let sent = Mutex(0)
    let listener = try HostileListener { peer in
      _ = peer.request()
      peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      let chunk = Array("10000\r\n".utf8) + [UInt8](repeating: 120, count: 65536) + Array("\r\n".utf8)
      // 10 GB if all of it were read.
      for _ in 0..<163_840 {
        guard peer.write(chunk) else { return }
        sent.withLock { $0 += 65536 }
      }
    }
    defer { listener.close() }
    let limits = HTTPLimits(body: 1 << 20, ignoresExcess: isIgnored)
    let outcome = try await TransportBench.ask(Self.request(listener, limits: limits))
    let whole = TransportBench.Outcome.reply(
      status: 200, headers: [:], body: [UInt8](repeating: 120, count: 1 << 20))
    #expect(outcome == (isIgnored ? whole : .failure(.tooLarge)))
    #expect(sent.withLock { $0 } < 64 << 20)
  }

  @Test(arguments: [0, 1])
  func `a body may be exactly as long as its limit`(excess: Int) async throws {
    let body = [UInt8](repeating: 120, count: 1000 + excess)
    let listener = try HostileListener { peer in
      _ = peer.request()
      // A Content-Length would reveal it before the body does.
      peer.write(Array("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".utf8) + body)
    }
    defer { listener.close() }
    let outcome = try await TransportBench.ask(Self.request(listener, limits: HTTPLimits(body: 1000)))
    #expect(outcome == (excess == 0 ? .reply(status: 200, headers: [:], body: body) : .failure(.tooLarge)))
  }

  @Test func `a body that is announced as 10 GB is rejected unread`() async throws {
    let listener = try HostileListener { peer in
      _ = peer.request()
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
      _ = peer.pause(milliseconds: 10_000)
    }
    defer { listener.close() }
    #expect(try await TransportBench.ask(Self.request(listener, limits: .list)) == .failure(.tooLarge))
  }

  @Test func `a redirect is a reply and is not followed, however large it is`() async throws {
    let other = try HostileListener { peer in _ = peer.request() }
    let target = other.url
    let listener = try HostileListener { peer in
      _ = peer.request()
      peer.reply("302 Found", headers: "Location: \(target)\r\n", body: [UInt8](repeating: 97, count: 8 << 20))
    }
    defer {
      listener.close()
      other.close()
    }
    let outcome = try await TransportBench.ask(Self.request(listener, limits: .webhook))
    let cut = [UInt8](repeating: 97, count: HTTPLimits.webhook.body)
    #expect(outcome == .reply(status: 302, headers: ["location": target], body: cut))
    #expect(other.connections == 0)
  }

  @Test func `a 401 with a challenge is a reply like any other`() async throws {
    let listener = try HostileListener { peer in
      _ = peer.request()
      peer.reply("401 Unauthorized", headers: "WWW-Authenticate: Basic realm=\"x\"\r\n", body: Array("{}".utf8))
    }
    defer { listener.close() }
    let expected = TransportBench.Outcome.reply(status: 401, headers: [:], body: Array("{}".utf8))
    #expect(try await TransportBench.ask(Self.request(listener)) == expected)
    #expect(listener.requests.count == 1)
  }

  @Test(arguments: [true, false])
  func `a connection that breaks within the body gives no reply`(isReset: Bool) async throws {
    let listener = try HostileListener { peer in
      _ = peer.request()
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
      if isReset { peer.reset() }
    }
    defer { listener.close() }
    #expect(try await TransportBench.ask(Self.request(listener)) == .failure(.unreachable))
  }

  @Test(arguments: [
    "rubbish\r\n\r\nmore", "<html>hello</html>\n", "SSH-2.0-OpenSSH_9.2\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx",
  ])
  func `a reply that is not HTTP is malformed`(answer: String) async throws {
    let listener = try HostileListener { peer in
      _ = peer.request()
      peer.write(answer)
    }
    defer { listener.close() }
    #expect(try await TransportBench.ask(Self.request(listener)) == .failure(.malformed))
  }

  @Test func `an encoded body is not decoded`() async throws {
    let bomb: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 0x04, 0, 0x43, 0xbe, 0xb7, 0xe8, 1, 0, 0, 0]
    let listener = try HostileListener { peer in
      _ = peer.request()
      peer.reply(headers: "Content-Encoding: gzip\r\n", body: bomb)
    }
    defer { listener.close() }
    let expected = TransportBench.Outcome.reply(status: 200, headers: ["content-encoding": "gzip"], body: bomb)
    #expect(try await TransportBench.ask(Self.request(listener)) == expected)
    #expect(listener.requests.first?.contains("Accept-Encoding: identity\r\n") == true)
  }

  @Test(arguments: [1, 80_000, 200_000])
  func `200 000 headers or a very long one are too large`(length: Int) async throws {
    let line = "X-Filler: \(String(repeating: "y", count: length))\r\n"
    let listener = try HostileListener { peer in
      _ = peer.request()
      peer.write("HTTP/1.1 200 OK\r\n")
      for _ in 0..<200_000 {
        guard peer.write(line) else { return }
      }
    }
    defer { listener.close() }
    #expect(try await TransportBench.ask(Self.request(listener)) == .failure(.tooLarge))
  }

  @Test func `interim replies count towards the size of the headers and leave nothing behind`() async throws {
    let listener = try HostileListener { peer in
      _ = peer.request()
      peer.write("HTTP/1.1 103 Early Hints\r\nRetry-After: 7\r\n\r\n")
      peer.reply("503 Busy", headers: "RETRY-AFTER:  30 \r\nServer: x\r\n", body: [])
    }
    defer { listener.close() }
    let expected = TransportBench.Outcome.reply(status: 503, headers: ["retry-after": "30"], body: [])
    #expect(try await TransportBench.ask(Self.request(listener)) == expected)
  }

  @Test func `a host without a listener is unreachable, and the reason names no path`() async throws {
    let listener = try HostileListener { _ in }
    let request = Self.request(listener)
    let port = listener.port
    listener.close()
    let failure = try await TransportBench.run { transport in
      await #expect(throws: HTTPFailure.self) { try await transport.send(request) }
    }
    #expect(failure?.kind == .unreachable)
    #expect(failure?.reason.contains("127.0.0.1") == true)
    #expect(failure?.reason.contains("secret") == false)
    #expect(port > 0)
  }
}
