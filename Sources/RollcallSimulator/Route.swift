import RollcallCore
import RollcallServer

/// The meaning of a path, independent of the provider's prefix. A final `.json` is ignored.
enum Route: Equatable {
  case conferences
  case conference(String)
  case participants(String)
  case participant(String, call: String)
  case call(String)

  static let suffix = ".json"

  /// - Returns: nil if the account has no such resource.
  init?(path: String, project: String, dialect: any SpaceDialect) {
    guard var path = dialect.local(path[...]) else { return nil }
    if path.hasSuffix(Self.suffix) { path = path.dropLast(Self.suffix.count) }
    let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
      PercentEncoding.decoded($0)
    }
    guard parts.count >= 3, parts[0] == "Accounts", parts[1] == project else { return nil }
    if parts.count == 4, parts[2] == "Calls" {
      self = .call(parts[3])
      return
    }
    guard parts[2] == "Conferences" else { return nil }
    switch parts.count {
    case 3: self = .conferences
    case 4: self = .conference(parts[3])
    case 5 where parts[4] == "Participants": self = .participants(parts[3])
    case 6 where parts[4] == "Participants": self = .participant(parts[3], call: parts[5])
    default: return nil
    }
  }

  /// Returns the path with which links and `uri` fields begin.
  func path(project: String, dialect: any SpaceDialect) -> String {
    let account = "\(dialect.basePath)/Accounts/\(project)"
    let base = "\(account)/Conferences"
    return switch self {
    case .conferences: base
    case .conference(let sid): "\(base)/\(sid)"
    case .participants(let sid): "\(base)/\(sid)/Participants"
    case .participant(let sid, let call): "\(base)/\(sid)/Participants/\(call)"
    case .call(let sid): "\(account)/Calls/\(sid)"
    }
  }
}

/// Reads the fields of a request that changes something: a form, or a JSON object as sent by Telnyx's clients.
enum WriteRequest {
  static func fields(of request: ServerRequest) -> FormFields {
    guard request.header("content-type")?.hasPrefix("application/json") == true else { return FormFields(request.body) }
    let members = (try? JSONReader.read(request.body))?.asObject ?? []
    let pairs = members.compactMap { member in
      text(of: member.value).map { "\(PercentEncoding.value(member.key))=\(PercentEncoding.value($0))" }
    }
    return FormFields(pairs.joined(separator: "&"))
  }

  private static func text(of value: JSONValue) -> String? {
    switch value {
    case .string(let text), .number(let text): text
    case .bool(let flag): "\(flag)"
    case .null, .array, .object: nil
    }
  }
}

/// A documented error; the dialect determines how it is written.
struct APIError: Error, Equatable {
  var status: Int
  var code: Int
  var message: String

  static let unauthorised = APIError(status: 401, code: 20003, message: "Authentication failed")
  static let badToken = APIError(status: 400, code: 21481, message: "The page token supplied was invalid")
  static let throttled = APIError(status: 429, code: 20429, message: "Too many requests")
  static let noTarget = APIError(
    status: 400, code: 16002, message: "The participant to be coached is not in the provided conference")
  /// Also the answer to a request for a conference with an id of another kind.
  static let methodRefused = APIError(status: 405, code: 20004, message: "Method not allowed")
  static let over = APIError(status: 400, code: 10000, message: "The conference is completed")
  static let pageWithoutToken = APIError(status: 400, code: 20001, message: "Page needs a PageToken")

  static func invalid(_ name: String) -> APIError {
    APIError(status: 400, code: 10000, message: "Invalid argument: \(name)")
  }

  static func notFound(_ path: String) -> APIError {
    APIError(status: 404, code: 20404, message: "The requested resource \(path) was not found")
  }
}
