/// Sends HTTP requests for the core, which decides what to request.
public protocol HTTPTransport: Sendable {
  /// Sends one request and returns the whole reply.
  ///
  /// Redirects are never followed, nothing is decompressed, and a reply that exceeds its limit is a failure. Cancelling
  /// the task ends the request at once.
  ///
  /// - Throws: ``HTTPFailure`` if no whole reply arrived. A reply of any status is not a failure.
  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse
}

/// An HTTP request.
public struct HTTPRequest: Sendable {
  public enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
  }

  /// A header line. Its value is a ``Secret``, because it may hold credentials.
  public struct Header: Sendable {
    public var name: String
    public var value: Secret

    public init(_ name: String, _ value: Secret) {
      self.name = name
      self.value = value
    }

    public init(_ name: String, _ value: String) {
      self.init(name, Secret(value))
    }
  }

  public var method: Method
  /// The whole URL, percent-encoded. Secret because webhook URLs are.
  public var url: Secret
  public var headers: [Header]
  public var body: [UInt8]
  public var limits: HTTPLimits
  /// The body of an earlier reply. The arriving reply is compared with it; if all bytes are equal, the response says
  /// ``HTTPResponse/Body/asExpected`` and nothing is copied.
  public var expected: PaddedBytes?

  public init(
    method: Method = .get, url: Secret, headers: [Header] = [], body: [UInt8] = [], limits: HTTPLimits,
    expected: PaddedBytes? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.limits = limits
    self.expected = expected
  }
}

/// The limits of one request.
public struct HTTPLimits: Sendable, Equatable {
  /// The maximum time to connect, including TLS.
  public var connect: Duration = .seconds(5)
  /// The maximum time for the whole request.
  public var total: Duration = .seconds(15)
  /// How long the rate may stay below 100 bytes per second, in whole seconds.
  public var stall: Duration = .seconds(10)
  /// The maximum number of bytes of the body. More is left unread if ``ignoresExcess`` is set, otherwise a failure.
  public var body: Int
  /// Whether a longer body is cut instead of rejected, because only the status matters.
  public var ignoresExcess: Bool
  /// The maximum number of bytes of the header lines.
  public var headers: Int = 64 << 10

  public init(body: Int, ignoresExcess: Bool = false) {
    self.body = body
    self.ignoresExcess = ignoresExcess
  }

  /// The limits for a page of a list: 8 MiB of body.
  public static let list = HTTPLimits(body: 8 << 20)
  /// The limits for one participant or conference: 64 KiB of body.
  public static let single = HTTPLimits(body: 64 << 10)
  /// The limits for a webhook's answer: at most 64 KiB of its body are read.
  public static let webhook = HTTPLimits(body: 64 << 10, ignoresExcess: true)
}

/// A whole reply of any status.
public struct HTTPResponse: Sendable {
  public enum Body: Sendable {
    /// Equal to ``HTTPRequest/expected``, byte for byte.
    case asExpected
    case bytes(PaddedBytes)
  }

  public var status: Int
  /// The headers that rollcall uses, by lower-case name, the last one of each; see ``keptHeaders``.
  public var headers: [String: String]
  public var body: Body

  public init(status: Int, headers: [String: String] = [:], body: Body) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The names of the headers that are kept; all others are dropped as they arrive.
  package static let keptHeaders: [String] = [
    "content-encoding", "date", "location", "retry-after", "x-ratelimit-limit", "x-ratelimit-remaining",
    "x-ratelimit-reset", "x-ratelimit-reset-after",
  ]
}

/// Why there is no reply.
public struct HTTPFailure: Error, Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// No address, no connection, or the connection broke.
    case unreachable
    /// A time limit was reached, or the reply was too slow.
    case timedOut
    /// The body or the headers exceeded their limit.
    case tooLarge
    /// The reply was not HTTP.
    case malformed
    /// The certificate was rejected, or TLS failed in another way.
    case untrusted
    case cancelled
  }

  public var kind: Kind
  /// One line for people, without URL and secrets, such as `could not connect to 127.0.0.1 port 9`.
  public var reason: String
  /// What to do about it, such as `check the host name`; nil if there is no advice.
  public var remedy: String?

  public init(_ kind: Kind, _ reason: String, remedy: String? = nil) {
    self.kind = kind
    self.reason = reason
    self.remedy = remedy
  }

  /// The reason and, if there is one, the remedy.
  package var text: String { remedy.map { "\(reason); \($0)" } ?? reason }
}
