/// Sends HTTP requests for the core, which decides what to request.
package protocol HTTPTransport: Sendable {
  /// Sends one request and returns the whole reply.
  ///
  /// Redirects are never followed, nothing is decompressed unless the request accepts gzip, and a reply that exceeds
  /// its limit is a failure. Cancelling the task ends the request at once.
  ///
  /// - Throws: ``HTTPFailure`` if no whole reply arrived. A reply of any status is not a failure.
  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse
}

/// An HTTP request.
package struct HTTPRequest: Sendable {
  package enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
  }

  /// A header line. Its value is a ``Secret``, because it may hold credentials.
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
  /// The whole URL, percent-encoded. Secret because webhook URLs are.
  package var url: Secret
  package var headers: [Header]
  package var body: [UInt8]
  package var limits: HTTPLimits
  /// The body of an earlier reply. The arriving reply is compared with it; if all bytes are equal, the response says
  /// ``HTTPResponse/Body/asExpected`` and nothing is copied.
  package var expected: PaddedBytes?
  /// Whether the reply may be compressed with gzip. It is inflated as it arrives; every limit applies to the inflated
  /// bytes.
  package var acceptsGzip: Bool
  /// The gzip form in which ``expected`` arrived. A reply with the same bytes counts as
  /// ``HTTPResponse/Body/asExpected`` and is not inflated.
  package var expectedGzip: PaddedBytes?
  /// Whether the response keeps headers about rate limits whose names are not known in advance.
  package var keepsLimitHeaders = false

  package init(
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

/// The limits of one request.
package struct HTTPLimits: Sendable, Equatable {
  /// The maximum time to connect, including TLS.
  package var connect: Duration = .seconds(5)
  /// The maximum time for the whole request.
  package var total: Duration = .seconds(15)
  /// How long the rate may stay below 100 bytes per second, in whole seconds.
  package var stall: Duration = .seconds(10)
  /// The maximum number of bytes of the body. More is left unread if ``ignoresExcess`` is set, otherwise a failure.
  package var body: Int
  /// Whether a longer body is cut instead of rejected, because only the status matters.
  package var ignoresExcess: Bool
  /// The maximum number of bytes of the header lines.
  package var headers: Int = 64 << 10

  package init(body: Int, ignoresExcess: Bool = false) {
    self.body = body
    self.ignoresExcess = ignoresExcess
  }

  /// The limits for a page of a list: 8 MiB of body.
  package static let list = HTTPLimits(body: 8 << 20)
  /// The limits for one participant or conference: 64 KiB of body.
  package static let single = HTTPLimits(body: 64 << 10)
  /// The limits for a webhook's answer: at most 64 KiB of its body are read.
  package static let webhook = HTTPLimits(body: 64 << 10, ignoresExcess: true)
}

/// A whole reply of any status.
package struct HTTPResponse: Sendable {
  package enum Body: Sendable {
    /// Equal to ``HTTPRequest/expected``, byte for byte.
    case asExpected
    case bytes(PaddedBytes)
  }

  package var status: Int
  /// The headers that rollcall uses, by lower-case name, the last one of each; see ``keptHeaders``.
  package var headers: [String: String]
  package var body: Body
  /// The body as it arrived, if it was gzip that the request accepts; ``body`` is the inflated form.
  package var gzip: PaddedBytes?
  /// The version in the status line; nil if it is malformed.
  package var version: HTTPVersion?
  /// The number of bytes received, header lines and body, before inflating.
  package var byteCount: Int

  package init(
    status: Int, headers: [String: String] = [:], body: Body, gzip: PaddedBytes? = nil, version: HTTPVersion? = nil,
    byteCount: Int = 0
  ) {
    self.status = status
    self.headers = headers
    self.body = body
    self.gzip = gzip
    self.version = version
    self.byteCount = byteCount
  }

  /// The names of the headers that are kept; all others are dropped as they arrive.
  package static let keptHeaders: [String] = [
    "content-encoding", "date", "etag", "location", "retry-after", "x-ratelimit-limit", "x-ratelimit-remaining",
    "x-ratelimit-reset", "x-ratelimit-reset-after",
  ]

  /// The maximum number of headers about rate limits that are kept besides ``keptHeaders``.
  package static let maximumLimitHeaders = 16

  /// Whether a header seems to be about rate limits. SignalWire sends such headers but does not document their names.
  ///
  /// - Parameter name: the name in lower case.
  package static func concernsLimits(_ name: String) -> Bool {
    ["ratelimit", "rate-limit", "retry-after", "concurrent-requests"].contains { name.contains(bytesOf: $0) }
  }
}

/// A version of HTTP, such as 1.1 or 2.
package struct HTTPVersion: Hashable, Comparable, Sendable {
  package let major: UInt8
  package let minor: UInt8

  package init(_ major: UInt8, _ minor: UInt8 = 0) {
    self.major = major
    self.minor = minor
  }

  /// `1.1`, or `2` where the minor version is 0.
  package var text: String { minor == 0 && major > 1 ? "\(major)" : "\(major).\(minor)" }

  package static func < (left: HTTPVersion, right: HTTPVersion) -> Bool {
    (left.major, left.minor) < (right.major, right.minor)
  }
}

/// Why there is no reply.
package struct HTTPFailure: Error, Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
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

  package var kind: Kind
  /// One line for people, without URL and secrets, such as `could not connect to 127.0.0.1 port 9`.
  package var reason: String
  /// What to do about it, such as `check the host name`; nil if there is no advice.
  package var remedy: String?

  package init(_ kind: Kind, _ reason: String, remedy: String? = nil) {
    self.kind = kind
    self.reason = reason
    self.remedy = remedy
  }

  /// The reason and, if there is one, the remedy.
  package var text: String { remedy.map { "\(reason); \($0)" } ?? reason }
}
