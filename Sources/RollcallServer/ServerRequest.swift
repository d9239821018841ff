/// One request, read whole.
package struct ServerRequest: Sendable, Equatable {
  package enum Method: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case delete = "DELETE"
  }

  /// One header line; the name is lower-case, the value without white space around it.
  package struct Header: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package var method: Method
  /// The target before `?`, as it was sent (percent-encoding included). Starts with `/`.
  package var path: String
  /// The target after `?`, as it was sent; empty where there is none.
  package var query: String
  package var headers: [Header]
  /// At most ``ServerLimits/body`` bytes.
  package var body: [UInt8]

  package init(
    method: Method = .get, path: String, query: String = "", headers: [Header] = [], body: [UInt8] = []
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
  }

  /// The value of the first header of that name, which is given in lower case.
  package func header(_ name: String) -> String? {
    headers.first { $0.name == name }?.value
  }

  /// Whether the client wants the connection to end with this reply.
  var asksToClose: Bool {
    header("connection")?.lowercased() == "close"
  }
}
