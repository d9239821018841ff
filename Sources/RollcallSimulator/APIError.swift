/// A documented error. How it is written is a matter of the dialect.
struct APIError: Error, Equatable {
  var status: Int
  var code: Int
  var message: String

  static let unauthorised = APIError(status: 401, code: 20003, message: "Authentication failed")
  static let badToken = APIError(status: 400, code: 21481, message: "The page token supplied was invalid")
  static let throttled = APIError(status: 429, code: 20429, message: "Too many requests")
  static let noTarget = APIError(
    status: 400, code: 16002, message: "The participant to be coached is not in the provided conference")
  /// Also what a conference is asked for with an id of another kind.
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
