import Libc
import Synchronization
import Testing

@testable import RollcallServer

@Suite(.timeLimit(.minutes(5))) struct `The loopback server` {
  private func echo() throws -> (server: HTTPServer, client: LoopbackClient) {
    let server = try HTTPServer { request in
      .text("\(request.method.rawValue) \(request.path) \(request.query) \(request.body.count)", status: 200)
    }
    return (server, LoopbackClient(port: server.port))
  }

  @Test func `a second server on the port reports that it is in use`() throws {
    let (server, _) = try echo()
    #expect(throws: ServerError.portInUse(server.port, .loopback)) {
      try HTTPServer(port: server.port) { _ in .text("", status: 200) }
    }
    #expect("\(ServerError.portInUse(80, .loopback))".contains("port 80 is in use"))
  }

  @Test func `a stopped server frees its port, and stopping twice is harmless`() throws {
    let (server, client) = try echo()
    #expect(client.send("GET", "/").status == 200)
    server.stop()
    server.stop()
    #expect(client.exchange([]).isEmpty)
    let next = try HTTPServer(port: server.port) { _ in .text("next", status: 200) }
    #expect(client.send("GET", "/").text == "next")
    next.stop()
  }

  @Test(arguments: ["Content-Length: 101\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n65\r\n"])
  func `a body beyond the server's limit gets a 413`(framing: String) throws {
    let server = try HTTPServer(body: 100) { .text("\($0.body.count)", status: 200) }
    defer { server.stop() }
    let client = LoopbackClient(port: server.port)
    #expect(client.send("POST", "/", form: String(repeating: "a", count: 100)).text == "100")
    let received = client.exchange(Array("POST / HTTP/1.1\r\n\(framing)".utf8) + [UInt8](repeating: 0x61, count: 101))
    #expect(String(decoding: received, as: UTF8.self).hasPrefix("HTTP/1.1 413 "))
    #expect(String(decoding: received, as: UTF8.self).hasSuffix("the body exceeds 100 bytes\n"))
  }

  @Test func `a client that speaks TLS is told at once that the server does not`() throws {
    let (server, client) = try echo()
    defer { server.stop() }
    // The beginning of a ClientHello, without anything that would end the head of a request.
    let received = client.exchange([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])
    let text = String(decoding: received, as: UTF8.self)
    #expect(text.hasPrefix("HTTP/1.1 400 ") && text.hasSuffix("this port does not speak TLS; use http:\n"))
  }

  @Test func `stopping does not wait for a slow reply`() throws {
    let isAsked = Atomic(false)
    let seen = Mutex<[UInt8]?>(nil)
    let server = try HTTPServer { _ in
      isAsked.store(true, ordering: .releasing)
      var reply = ServerReply.text("late", status: 200)
      reply.delay = .seconds(3600)
      return reply
    }
    let client = LoopbackClient(port: server.port)
    let asking = try Thread.start {
      let received = client.exchange(Array("GET / HTTP/1.1\r\n\r\n".utf8))
      seen.withLock { $0 = received }
    }
    while !isAsked.load(ordering: .acquiring) { usleep(1000) }
    server.stop()
    asking.join()
    let received = seen.withLock { $0 }
    #expect(received == [])
  }

  @Test func `an idle connection gives way to a new one`() throws {
    let server = try HTTPServer(connections: 3) { _ in .text("well", status: 200) }
    defer { server.stop() }
    let client = LoopbackClient(port: server.port)
    let question = Array("GET / HTTP/1.1\r\n\r\n".utf8)
    var others: [Int32] = []
    defer { for other in others { _ = close(other) } }
    for _ in 0..<3 {
      let other = try #require(client.connection())
      others.append(other)
      #expect(Socket.send(question[...], to: other) && LoopbackClient.receive(from: other)?.isEmpty == false)
    }
    for _ in 0..<2 { #expect(client.send("GET", "/").text == "well") }
    // One or two were closed; which ones depends on the order of their threads.
    let alive = others.count {
      Socket.send(question[...], to: $0) && LoopbackClient.receive(from: $0)?.isEmpty == false
    }
    #expect((1...2).contains(alive))
  }

  @Test func `connections that are being answered stay open, and another one gets a 503`() throws {
    let isAsked = Atomic(0)
    let mayAnswer = Atomic(false)
    let server = try HTTPServer(connections: 2) { _ in
      isAsked.add(1, ordering: .releasing)
      while !mayAnswer.load(ordering: .acquiring) { usleep(1000) }
      return .text("well", status: 200)
    }
    defer { server.stop() }
    let client = LoopbackClient(port: server.port)
    let others = try [#require(client.connection()), #require(client.connection())]
    defer { for other in others { _ = close(other) } }
    for other in others { #expect(Socket.send(Array("GET / HTTP/1.1\r\n\r\n".utf8)[...], to: other)) }
    while isAsked.load(ordering: .acquiring) < 2 { usleep(1000) }
    #expect(client.send("GET", "/").status == 503)
    mayAnswer.store(true, ordering: .releasing)
    for other in others {
      #expect(String(decoding: LoopbackClient.receive(from: other) ?? [], as: UTF8.self).hasSuffix("well"))
    }
  }

  @Test func `two requests can share a connection`() throws {
    let (server, client) = try echo()
    let bytes = client.exchange(
      Array("GET /a?b HTTP/1.1\r\n\r\nPOST /c HTTP/1.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nxy".utf8))
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains("GET /a b 0HTTP/1.1 200"))
    #expect(text.hasSuffix("POST /c  2"))
    server.stop()
  }

  @Test(arguments: [
    ("PATCH / HTTP/1.1", 501), ("GET / HTTP/2", 505), ("GET", 400), ("GET x HTTP/1.1", 400),
    ("GET / HTTP/1.1|no colon", 400), ("GET / HTTP/1.1|Content-Length: 1x", 400),
    ("GET / HTTP/1.1|Content-Length: 1|Content-Length: 2", 400), ("POST / HTTP/1.1|Content-Length: 1048577", 413),
    ("POST / HTTP/1.1|Transfer-Encoding: gzip", 501), ("POST / HTTP/1.1|Transfer-Encoding: gzip, chunked", 501),
    ("POST / HTTP/1.1|Transfer-Encoding: chunked|Transfer-Encoding: chunked", 501),
    ("POST / HTTP/1.1|Transfer-Encoding: chunked|Content-Length: 0", 400),
    ("POST / HTTP/1.0|Transfer-Encoding: chunked", 400), ("POST / HTTP/1.1|Transfer-Encoding\t: chunked", 400),
    ("POST / HTTP/1.1|Transfer-Encoding : chunked", 400), ("GET / HTTP/1.1| Folded: a", 400),
    ("GET / HTTP/1.1|: a", 400), ("GET / HTTP/1.1|A(B): a", 400),
  ])
  func `an invalid request is rejected`(lines: String, status: Int) throws {
    let (server, client) = try echo()
    let request = lines.replacing("|", with: "\r\n") + "\r\n\r\n"
    #expect(LoopbackClient.parsed(client.exchange(Array(request.utf8))).status == status)
    server.stop()
  }

  @Test(arguments: [
    ("2\r\n{}\r\n0\r\n\r\n", 2), ("0\r\n\r\n", 0), ("1\r\na\r\n000A\r\n0123456789\r\n0\r\n\r\n", 11),
    ("2;name=value\r\n\r\n\r\n0 ; x\r\nTrailer: t\r\nOther: o\r\n\r\n", 2), ("00000002\r\nab\r\n0\r\n\r\n", 2),
  ])
  func `a body may be chunked, and another request may follow it`(chunks: String, count: Int) throws {
    let (server, client) = try echo()
    let head = "POST /c HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n"
    let next = "GET /next HTTP/1.1\r\nConnection: close\r\n\r\n"
    let text = String(decoding: client.exchange(Array("\(head)\(chunks)\(next)".utf8)), as: UTF8.self)
    #expect(text.contains("POST /c  \(count)HTTP/1.1 200") && text.hasSuffix("GET /next  0"))
    server.stop()
  }

  @Test(arguments: [
    ("x\r\n", 400), ("\r\n", 400), ("-1\r\n", 400), ("0x2\r\n{}\r\n", 400), ("2\r\n{}x\r\n", 400),
    ("2 2\r\n{}\r\n", 400),
    ("100001\r\n", 413), ("7fffffff\r\n", 413), ("ffffffff\r\n", 413), ("fffffffff\r\n", 400),
    ("000000002\r\n{}\r\n", 400),
    ("2;" + String(repeating: "x", count: ServerLimits.chunkLine), 400),
    ("0\r\n" + String(repeating: "A: \(String(repeating: "x", count: 900))\r\n", count: 80), 400),
  ])
  func `malformed or excessive chunks are rejected`(chunks: String, status: Int) throws {
    let (server, client) = try echo()
    let head = "POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(LoopbackClient.parsed(client.exchange(Array("\(head)\(chunks)".utf8))).status == status)
    server.stop()
  }

  @Test func `[::] includes IPv4 addresses if the system has IPv6`() throws {
    let every = try #require(HostAddress("::", .ipv6))
    let server: HTTPServer
    do throws(ServerError) {
      server = try HTTPServer(at: every) { _ in .text("six", status: 200) }
    } catch {
      #expect("\(error)".contains("cannot listen"))
      return
    }
    #expect(LoopbackClient(port: server.port).send("GET", "/").text == "six")
    #expect(throws: ServerError.portInUse(server.port, every)) {
      try HTTPServer(at: every, port: server.port) { _ in .text("", status: 200) }
    }
    server.stop()
  }

  @Test(arguments: [(ServerLimits.head - 100, 200), (ServerLimits.head, 431)])
  func `headers have a limit`(length: Int, status: Int) throws {
    let (server, client) = try echo()
    let request = "GET / HTTP/1.1\r\nConnection: close\r\nLong: \(String(repeating: "x", count: length))\r\n\r\n"
    #expect(LoopbackClient.parsed(client.exchange(Array(request.utf8))).status == status)
    server.stop()
  }

  @Test func `the reply to HEAD has the length but no body`() throws {
    let (server, client) = try echo()
    let reply = client.send("HEAD", "/")
    #expect(reply.status == 200 && reply.body.isEmpty && reply.headers["content-length"] == "9")
    server.stop()
  }

  @Test(
    arguments: [
      (.cut(after: 10), 0, true), (.drip(bytes: 7, every: .milliseconds(1)), 200, false),
      (.raw(Array("HTTP/1.1 299 Odd\r\n\r\n".utf8)), 299, false),
    ] as [(ServerReply.Delivery, Int, Bool)])
  func `a reply is delivered as specified`(delivery: ServerReply.Delivery, status: Int, isBroken: Bool) throws {
    let server = try HTTPServer { _ in
      ServerReply(status: 200, body: Array("body".utf8), delivery: delivery)
    }
    let reply = LoopbackClient(port: server.port).send("GET", "/")
    #expect(reply.status == status)
    #expect(reply.isBroken == isBroken)
    server.stop()
  }

  @Test func `form fields are decoded`() {
    let fields = FormFields("a=1+2%2b&b=&c&d=%zz%4&e=%C3%A9")
    #expect(["a", "b", "c", "d", "e", "f"].map { fields[$0] } == ["1 2+", "", "", "%zz%4", "é", nil])
  }
}
