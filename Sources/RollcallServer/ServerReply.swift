/// Answers one request. Runs on the connection's own thread, concurrently with others; it may block.
package typealias HTTPHandler = @Sendable (ServerRequest) -> ServerReply

/// A reply, and how to deliver it; simulated faults deliver it badly.
package struct ServerReply: Sendable {
  /// How the bytes are sent.
  package enum Delivery: Sendable, Equatable {
    /// All at once.
    case whole
    /// Only this many bytes of head and body, before the connection is reset.
    case cut(after: Int)
    /// In pieces, with a pause after each.
    case drip(bytes: Int, every: Duration)
    /// These bytes instead of head and body, before the connection is closed.
    case raw([UInt8])
  }

  package var status: Int
  /// Without `Content-Length` and `Connection`, which the server adds.
  package var headers: [ServerRequest.Header]
  package var body: [UInt8]
  /// The delay before the first byte.
  package var delay: Duration
  package var delivery: Delivery

  package init(
    status: Int, headers: [ServerRequest.Header] = [], body: [UInt8] = [], delay: Duration = .zero,
    delivery: Delivery = .whole
  ) {
    self.status = status
    self.headers = headers
    self.body = body
    self.delay = delay
    self.delivery = delivery
  }

  /// Creates a reply with a JSON body.
  package static func json(_ body: [UInt8], status: Int = 200) -> ServerReply {
    ServerReply(status: status, headers: [.init("Content-Type", "application/json; charset=utf-8")], body: body)
  }

  /// Creates a reply with a plain-text body.
  package static func text(_ body: String, status: Int) -> ServerReply {
    ServerReply(status: status, headers: [.init("Content-Type", "text/plain; charset=utf-8")], body: Array(body.utf8))
  }

  /// Creates a reply to a request with another method than those allowed. Source: RFC 9110 section 15.5.6.
  package static func methodNotAllowed(_ body: String, allowed: [ServerRequest.Method]) -> ServerReply {
    var reply = text(body, status: 405)
    reply.headers.append(.init("Allow", allowed.map(\.rawValue).joined(separator: ", ")))
    return reply
  }

  /// Returns the status line and headers.
  func head(closing: Bool) -> [UInt8] {
    var text = "HTTP/1.1 \(status) \(Self.phrase(of: status))\r\n"
    for header in headers { text += "\(header.name): \(header.value)\r\n" }
    if status != 204 && status != 304 { text += "Content-Length: \(body.count)\r\n" }
    text += closing ? "Connection: close\r\n\r\n" : "\r\n"
    return Array(text.utf8)
  }

  private static let phrases: [Int: String] = [
    200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 301: "Moved Permanently", 302: "Found",
    307: "Temporary Redirect", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict", 410: "Gone", 413: "Content Too Large",
    415: "Unsupported Media Type", 422: "Unprocessable Content", 425: "Too Early", 429: "Too Many Requests",
    431: "Request Header Fields Too Large", 500: "Internal Server Error", 501: "Not Implemented",
    502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout", 505: "HTTP Version Not Supported",
  ]

  private static func phrase(of status: Int) -> String { phrases[status] ?? "Status" }
}
