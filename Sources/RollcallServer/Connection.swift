import Libc
import RollcallCore

/// A client's connection, which serves one request after another.
struct Connection {
  /// Why the connection ends.
  private enum Ending: Error {
    case closed
    case refused(RequestHead.Refusal)
  }

  private static let chunkSize = 16 << 10
  /// The maximum size of a body that is sent in one piece with its head.
  private static let joinedBody = 64 << 10
  private static let maximumSizeDigits = 8
  private static let malformedChunk = RequestHead.Refusal(status: 400, reason: "malformed chunk")
  /// The first byte of a TLS connection (RFC 8446, section 5.1).
  private static let handshakeRecord: UInt8 = 22
  private static let lineEnd: [UInt8] = Array("\r\n".utf8)
  private static let blankLine: [UInt8] = Array("\r\n\r\n".utf8)

  private let descriptor: Int32
  private let bodyLimit: Int
  private var received: [UInt8] = []
  private var chunk = [UInt8](repeating: 0, count: Self.chunkSize)

  /// - Parameter bodyLimit: the maximum number of bytes of a request's body.
  init(_ descriptor: Int32, bodyLimit: Int) {
    self.descriptor = descriptor
    self.bodyLimit = bodyLimit
  }

  /// Serves the connection until it ends, and leaves the descriptor open.
  ///
  /// - Parameter onPhase: called with what the connection does next; returns whether it may.
  mutating func serve(_ handler: HTTPHandler, onPhase: (ConnectionTable.Phase) -> Bool) {
    while true {
      do throws(Ending) {
        let (request, staysOpen) = try nextRequest(onPhase)
        guard onPhase(.answering) else { return }
        let reply = handler(request)
        guard deliver(reply, to: request, closing: !staysOpen), staysOpen else { return }
      } catch {
        if case .refused(let refusal) = error {
          let reply = ServerReply.text(refusal.reason + "\n", status: refusal.status)
          _ = Socket.send((reply.head(closing: true) + reply.body)[...], to: descriptor)
          drain()
        }
        return
      }
    }
  }

  private mutating func nextRequest(
    _ onPhase: (ConnectionTable.Phase) -> Bool
  ) throws(Ending) -> (ServerRequest, staysOpen: Bool) {
    if received.isEmpty {
      guard onPhase(.idle) else { throw .closed }
      try receive(until: ContinuousClock.now + ServerLimits.idle)
    }
    guard onPhase(.arriving) else { throw .closed }
    // Answered at once: a client that speaks TLS would otherwise wait until its own time limit.
    guard received.first != Self.handshakeRecord else {
      throw .refused(.init(status: 400, reason: "this port does not speak TLS; use http:"))
    }
    let deadline = ContinuousClock.now + ServerLimits.arrival
    let end = try headEnd(by: deadline)
    var head: RequestHead
    do throws(RequestHead.Refusal) {
      head = try RequestHead(received[..<end], bodyLimit: bodyLimit)
    } catch {
      throw .refused(error)
    }
    received.removeSubrange(..<(end + Self.blankLine.count))
    if head.body != .length(0), received.isEmpty, head.request.header("expect")?.lowercased() == "100-continue" {
      _ = Socket.send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)[...], to: descriptor)
    }
    head.request.body =
      switch head.body {
      case .length(let count): try take(count, by: deadline)
      case .chunked: try takeChunks(by: deadline)
      }
    return (head.request, head.staysOpen)
  }

  private mutating func take(_ count: Int, by deadline: ContinuousClock.Instant) throws(Ending) -> [UInt8] {
    while received.count < count { try receive(until: deadline) }
    defer { received.removeSubrange(..<count) }
    return Array(received[..<count])
  }

  /// Reads a chunked body (RFC 9112, section 7.1). Trailers are ignored.
  private mutating func takeChunks(by deadline: ContinuousClock.Instant) throws(Ending) -> [UInt8] {
    var body: [UInt8] = []
    while true {
      let line = try takeLine(by: deadline)
      guard let size = Self.chunkSize(line) else { throw .refused(Self.malformedChunk) }
      guard size > 0 else { break }
      guard size <= bodyLimit - body.count else { throw .refused(.bodyExceeds(bodyLimit)) }
      body += try take(size, by: deadline)
      guard try take(Self.lineEnd.count, by: deadline) == Self.lineEnd else { throw .refused(Self.malformedChunk) }
    }
    var trailer = 0
    while true {
      let line = try takeLine(by: deadline)
      guard !line.isEmpty else { return body }
      trailer += line.count
      guard trailer <= ServerLimits.head else { throw .refused(Self.malformedChunk) }
    }
  }

  /// Reads a line of a chunked body and returns it without its end.
  private mutating func takeLine(by deadline: ContinuousClock.Instant) throws(Ending) -> [UInt8] {
    while true {
      if let end = received.prefix(ServerLimits.chunkLine).range(ofRun: Self.lineEnd) {
        defer { received.removeSubrange(..<end.upperBound) }
        return Array(received[..<end.lowerBound])
      }
      guard received.count < ServerLimits.chunkLine else { throw .refused(Self.malformedChunk) }
      try receive(until: deadline)
    }
  }

  /// - Returns: nil if the line does not begin a chunk. Extensions are ignored.
  private static func chunkSize(_ line: [UInt8]) -> Int? {
    let digits = line.prefix { $0.hexadecimalValue != nil }
    let rest = line[digits.endIndex...].drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    guard rest.isEmpty || rest.first == UInt8(ascii: ";"), (1...maximumSizeDigits).contains(digits.count) else {
      return nil
    }
    return Int(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  /// Returns the index of the blank line.
  private mutating func headEnd(by deadline: ContinuousClock.Instant) throws(Ending) -> Int {
    var searched = 0
    while true {
      if let range = received[searched...].range(ofRun: Self.blankLine) {
        guard range.lowerBound <= ServerLimits.head else { break }
        return range.lowerBound
      }
      guard received.count <= ServerLimits.head else { break }
      searched = max(0, received.count - Self.blankLine.count)
      try receive(until: deadline)
    }
    throw .refused(.init(status: 431, reason: "the headers exceed \(ServerLimits.head) bytes"))
  }

  private mutating func receive(until deadline: ContinuousClock.Instant) throws(Ending) {
    while true {
      guard Socket.waitReadable(descriptor, for: deadline - ContinuousClock.now) else {
        throw received.isEmpty ? .closed : .refused(.init(status: 408, reason: "the request did not arrive in time"))
      }
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .closed }
      received.append(contentsOf: chunk[..<count])
      return
    }
  }

  /// Discards what a refused client still sends, because closing with unread bytes is a reset that may drop the reply.
  private mutating func drain() {
    _ = shutdown(descriptor, Int32(SHUT_WR))
    let deadline = ContinuousClock.now + ServerLimits.drain
    received = []
    do throws(Ending) {
      while received.count <= ServerLimits.body { try receive(until: deadline) }
    } catch {
      return
    }
  }

  /// - Returns: whether the connection can serve another request.
  private func deliver(_ reply: ServerReply, to request: ServerRequest, closing: Bool) -> Bool {
    if reply.delay > .zero, !Socket.pause(descriptor, for: reply.delay) { return false }
    let head = reply.head(closing: closing)
    let body = request.method == .head || reply.status == 204 ? [] : reply.body
    switch reply.delivery {
    case .whole:
      if body.count <= Self.joinedBody { return Socket.send((head + body)[...], to: descriptor) }
      return Socket.send(head[...], to: descriptor) && Socket.send(body[...], to: descriptor)
    case .cut(let count):
      _ = Socket.send((head + body).prefix(max(0, count)), to: descriptor)
      Socket.reset(descriptor)
      return false
    case .drip(let size, let pause):
      var rest = (head + body)[...]
      while !rest.isEmpty {
        guard Socket.send(rest.prefix(max(1, size)), to: descriptor) else { return false }
        rest = rest.dropFirst(max(1, size))
        guard rest.isEmpty || Socket.pause(descriptor, for: pause) else { return false }
      }
      return true
    case .raw(let bytes):
      _ = Socket.send(bytes[...], to: descriptor)
      return false
    }
  }
}

/// The source of an ``Acceptor``'s connections.
protocol ConnectionSource: Sendable {
  /// Waits until a connection may be available.
  ///
  /// - Returns: false once the source is stopped.
  func awaitConnection() -> Bool
  /// Accepts a connection without waiting for one.
  func accept() -> AcceptedConnection
  /// Waits for ``ServerLimits/shortagePause``, or until the source is stopped.
  func pause()
  /// Ends all current and later waits.
  func stop()
  /// Releases the source's resources. Call it once, after ``stop()``, when nothing waits any longer.
  func close()
}

/// The result of accepting a connection.
enum AcceptedConnection: Equatable, Sendable {
  /// A connection's descriptor, which belongs to the caller.
  case connection(Int32)
  /// There is none, or it was closed again.
  case nothing
  /// There is one, but no descriptor or memory for it.
  case shortage
  /// The system refuses for another reason, which may persist.
  case failure
}
