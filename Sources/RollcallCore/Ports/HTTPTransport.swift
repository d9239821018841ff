/// Carries one HTTP request. The core decides what to ask; an adapter of this port asks it.
public protocol HTTPTransport: Sendable {
  /// Sends one request and waits for the whole reply.
  ///
  /// Redirects are never followed, nothing is decompressed unless the request accepts gzip, and a reply over its limit is a
  /// failure. Cancelling the task ends the request at once.
  ///
  /// - Throws: ``HTTPFailure`` where no whole reply arrived. A reply of any status is not a failure.
  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse
}

/// One request, as it is to be sent.
public struct HTTPRequest: Sendable {
  public enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
  }

  /// One header line. Values that hold credentials are kept as ``Secret``.
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
  /// The whole URL, percent-encoded; a secret, since webhook URLs are.
  public var url: Secret
  public var headers: [Header]
  public var body: [UInt8]
  public var limits: HTTPLimits
  /// The body of an earlier reply. While the reply arrives it is compared with these bytes, and where all of them are the
  /// same the response says ``HTTPResponse/Body/asExpected`` and nothing was copied.
  public var expected: PaddedBytes?
  /// Whether the reply may be compressed with gzip. It is inflated as it arrives, and every limit holds for what comes of it.
  public var acceptsGzip: Bool
  /// ``expected`` as an earlier reply carried it, compressed. A reply with these bytes is as expected without being inflated.
  public var expectedGzip: PaddedBytes?

  public init(
    method: Method = .get, url: Secret, headers: [Header] = [], body: [UInt8] = [], limits: HTTPLimits,
    expected: PaddedBytes? = nil, acceptsGzip: Bool = false, expectedGzip: PaddedBytes? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.limits = limits
    self.expected = expected
    self.acceptsGzip = acceptsGzip
    self.expectedGzip = expectedGzip
  }
}

/// What one request may cost at the most.
public struct HTTPLimits: Sendable, Equatable {
  /// Time to connect, TLS included.
  public var connect: Duration = .seconds(5)
  /// Time for everything.
  public var total: Duration = .seconds(15)
  /// How long less than 100 bytes a second may come, to whole seconds.
  public var stall: Duration = .seconds(10)
  /// Bytes of body. With ``ignoresExcess`` the rest is left unread, else one more byte is a failure.
  public var body: Int
  /// Whether a longer body is cut rather than refused, because only the status counts.
  public var ignoresExcess: Bool
  /// Bytes of header lines.
  public var headers: Int = 64 << 10

  public init(body: Int, ignoresExcess: Bool = false) {
    self.body = body
    self.ignoresExcess = ignoresExcess
  }

  /// A page of a list: 8 MiB.
  public static let list = HTTPLimits(body: 8 << 20)
  /// One participant or one conference: 64 KiB.
  public static let single = HTTPLimits(body: 64 << 10)
  /// A webhook's answer: at most 64 KiB of it are read.
  public static let webhook = HTTPLimits(body: 64 << 10, ignoresExcess: true)
}

/// A whole reply, whatever its status.
public struct HTTPResponse: Sendable {
  public enum Body: Sendable {
    /// Byte for byte what ``HTTPRequest/expected`` held.
    case asExpected
    case bytes(PaddedBytes)
  }

  public var status: Int
  /// The headers that rollcall looks at, by lower-case name, the last one of each; see ``keptHeaders``.
  public var headers: [String: String]
  public var body: Body
  /// The body as it came, where that was gzip that the request accepts; ``body`` is what it holds.
  public var gzip: PaddedBytes?

  public init(status: Int, headers: [String: String] = [:], body: Body, gzip: PaddedBytes? = nil) {
    self.status = status
    self.headers = headers
    self.body = body
    self.gzip = gzip
  }

  /// All others are dropped as they arrive.
  package static let keptHeaders: [String] = [
    "content-encoding", "date", "etag", "location", "retry-after", "x-ratelimit-limit", "x-ratelimit-remaining",
    "x-ratelimit-reset", "x-ratelimit-reset-after",
  ]
}

/// Why there is no reply.
public struct HTTPFailure: Error, Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// No address, no connection, or the connection broke.
    case unreachable
    /// A limit of time was reached, or the reply was too slow.
    case timedOut
    /// The body or the headers passed their limit.
    case tooLarge
    /// What came was not HTTP.
    case malformed
    /// The certificate was refused, or TLS failed otherwise.
    case untrusted
    case cancelled
  }

  public var kind: Kind
  /// One line for people, without URL and without secrets, such as `could not connect to 127.0.0.1 port 9`.
  public var reason: String
  /// What can be done about it, such as `check the host name`; nil where nothing is known that helps.
  public var remedy: String?

  public init(_ kind: Kind, _ reason: String, remedy: String? = nil) {
    self.kind = kind
    self.reason = reason
    self.remedy = remedy
  }

  /// The reason and, where there is one, the remedy.
  package var text: String { remedy.map { "\(reason); \($0)" } ?? reason }
}
