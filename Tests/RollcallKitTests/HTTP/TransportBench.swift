import RollcallCore
import RollcallKit
import Testing

/// A transport for one test, on a loop with its own thread.
///
/// The test runs there too, so that nothing but its own requests delays it: libcurl does not reuse a connection that was
/// idle for two minutes, and on the threads that all tests share, a turn can take that long.
enum TransportBench {
  static func run<Result: Sendable>(
    _ body: @escaping @Sendable (CurlTransport) async throws -> Result
  ) async throws -> Result {
    let loop = EventLoop()
    #expect(loop.startThread())
    defer { loop.stop() }
    return try await Task(executorPreference: loop) {
      try await body(CurlTransport(on: loop, for: .polls))
    }.value
  }

  /// Sends one request and returns its result.
  static func ask(_ request: HTTPRequest) async throws -> Outcome {
    try await run { transport in await outcome(of: request, by: transport) }
  }

  static func outcome(of request: HTTPRequest, by transport: CurlTransport) async -> Outcome {
    do throws(HTTPFailure) {
      let response = try await transport.send(request)
      return switch response.body {
      case .asExpected: .asExpected(status: response.status)
      case .bytes(let bytes): .reply(status: response.status, headers: response.headers, body: Array(bytes.bytes))
      }
    } catch {
      return .failure(error.kind)
    }
  }

  enum Outcome: Equatable {
    case asExpected(status: Int)
    case reply(status: Int, headers: [String: String], body: [UInt8])
    case failure(HTTPFailure.Kind)
  }
}
