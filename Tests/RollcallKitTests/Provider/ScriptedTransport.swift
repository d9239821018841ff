import RollcallCore
import Synchronization

/// Answers requests from a script, and records them.
final class ScriptedTransport: HTTPTransport {
  private struct State {
    var script: [Result<HTTPResponse, HTTPFailure>]
    var requests: [HTTPRequest] = []
  }

  private let state: Mutex<State>

  init(_ script: [Result<HTTPResponse, HTTPFailure>]) { state = Mutex(State(script: script)) }

  convenience init(_ status: Int, _ body: String, _ headers: [String: String] = [:]) {
    self.init([.success(Self.reply(status, body, headers))])
  }

  var requests: [HTTPRequest] { state.withLock { $0.requests } }
  var urls: [String] { requests.map { $0.url.reveal() } }

  static func reply(_ status: Int, _ body: String, _ headers: [String: String] = [:]) -> HTTPResponse {
    HTTPResponse(status: status, headers: headers, body: .bytes(PaddedBytes(Array(body.utf8))))
  }

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    let answer = state.withLock { state -> Result<HTTPResponse, HTTPFailure> in
      state.requests.append(request)
      return state.script.isEmpty ? .failure(HTTPFailure(.unreachable, "script over")) : state.script.removeFirst()
    }
    return try answer.get()
  }
}
