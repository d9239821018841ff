/// Carries one HTTP request. The core decides what to ask; an adapter of this port asks it.
package protocol HTTPTransport: Sendable {
  /// Sends one request and waits for the whole reply.
  ///
  /// Redirects are never followed, nothing is decompressed, and a reply over its limit is a failure. Cancelling the task
  /// ends the request at once.
  ///
  /// - Throws: ``HTTPFailure`` where no whole reply arrived. A reply of any status is not a failure.
  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse
}

/// One request, as it is to be sent.
package struct HTTPRequest: Sendable {
  package enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
  }

  /// One header line. Values that hold credentials are kept as ``Secret``.
  package struct Header: Sendable {
    package var name: String
    package var value: Secret

    package init(_ name: String, _ value: Secret) {
      self.name = name
      self.value = value
    }

    package init(_ name: String, _ value: String) {
      self.init(name, Secret(value))
    }
  }

  package var method: Method
  /// The whole URL, percent-encoded; a secret, since webhook URLs are.
  package var url: Secret
  package var headers: [Header]
  package var body: [UInt8]
  package var limits: HTTPLimits
  /// The body of an earlier reply. While the reply arrives it is compared with these bytes, and where all of them are the
  /// same the response says ``HTTPResponse/Body/asExpected`` and nothing was copied.
  package var expected: PaddedBytes?

  package init(
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

/// What one request may cost at the most.
package struct HTTPLimits: Sendable, Equatable {
  /// Time to connect, TLS included.
  package var connect: Duration = .seconds(5)
  /// Time for everything.
  package var total: Duration = .seconds(15)
  /// How long less than 100 bytes a second may come, to whole seconds.
  package var stall: Duration = .seconds(10)
  /// Bytes of body. With ``ignoresExcess`` the rest is left unread, else one more byte is a failure.
  package var body: Int
  /// Whether a longer body is cut rather than refused, because only the status counts.
  package var ignoresExcess: Bool
  /// Bytes of header lines.
  package var headers: Int = 64 << 10

  package init(body: Int, ignoresExcess: Bool = false) {
    self.body = body
    self.ignoresExcess = ignoresExcess
  }

  /// A page of a list: 8 MiB.
  package static let list = HTTPLimits(body: 8 << 20)
  /// One participant or one conference: 64 KiB.
  package static let single = HTTPLimits(body: 64 << 10)
  /// A webhook's answer: at most 64 KiB of it are read.
  package static let webhook = HTTPLimits(body: 64 << 10, ignoresExcess: true)
}

/// A whole reply, whatever its status.
package struct HTTPResponse: Sendable {
  package enum Body: Sendable {
    /// Byte for byte what ``HTTPRequest/expected`` held.
    case asExpected
    case bytes(PaddedBytes)
  }

  package var status: Int
  /// The headers that rollcall looks at, by lower-case name, the last one of each; see ``keptHeaders``.
  package var headers: [String: String]
  package var body: Body

  package init(status: Int, headers: [String: String] = [:], body: Body) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// All others are dropped as they arrive.
  package static let keptHeaders: [String] = [
    "content-encoding", "date", "location", "retry-after", "x-ratelimit-limit", "x-ratelimit-remaining",
    "x-ratelimit-reset", "x-ratelimit-reset-after",
  ]
}

/// Why there is no reply.
package struct HTTPFailure: Error, Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
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

  package var kind: Kind
  /// One line for people, without URL and without secrets, such as `could not connect to 127.0.0.1 port 9`.
  package var reason: String
  /// What can be done about it, such as `check the host name`; nil where nothing is known that helps.
  package var remedy: String?

  package init(_ kind: Kind, _ reason: String, remedy: String? = nil) {
    self.kind = kind
    self.reason = reason
    self.remedy = remedy
  }

  /// The reason and, where there is one, the remedy.
  package var text: String { remedy.map { "\(reason); \($0)" } ?? reason }
}
