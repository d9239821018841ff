import RollcallCore

/// A row that a list showed.
struct ShownRow: Sendable {
  var stay: Int
  var version: Int
}

/// The reply to a request, if there is one. For the oracles it includes the rows that a valid list shows.
struct Reply: Sendable {
  enum Content: Sendable {
    case response(status: Int, headers: [String: String], body: [UInt8])
    case nothing(HTTPFailure)
  }

  var content: Content
  var rows: [ShownRow]?
  /// Whether the reply is a valid list of conferences.
  var isListOfConferences = false
  /// Where the participant is, according to a valid answer about them.
  var place: TrueState.Place?

  init(_ content: Content) { self.content = content }

  init(_ status: Int, _ body: [UInt8], headers: [String: String] = [:]) {
    content = .response(status: status, headers: headers, body: body)
  }

  init(_ status: Int, _ text: String, headers: [String: String] = [:]) {
    self.init(status, Array(text.utf8), headers: headers)
  }

  /// Creates a valid page.
  init(_ page: [UInt8], showing rows: [ShownRow]) {
    self.init(200, page)
    self.rows = rows
  }

  static func nothing(_ kind: HTTPFailure.Kind, _ reason: String) -> Reply {
    Reply(.nothing(HTTPFailure(kind, reason)))
  }

  /// Returns an error in the provider's format.
  static func error(_ status: Int, code: Int, headers: [String: String] = [:]) -> Reply {
    Reply(
      status, #"{"code":\#(code),"message":"no \#(Canary.token)","more_info":"","status":\#(status)}"#,
      headers: headers)
  }
}

/// Secrets placed in input wherever possible, which must not appear in any output.
enum Canary {
  static let token = "PTcanary-token-6b1f"
  static let hook = "canary-hook-91d2"
  static let key = "canary-key-a7f0"
  static let all: [[UInt8]] = [token, hook, key].map { Array($0.utf8) }
}
