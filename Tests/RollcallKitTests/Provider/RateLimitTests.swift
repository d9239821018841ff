import Synchronization
import Testing

@testable import RollcallCore
@testable import RollcallKit

/// Rate limits in replies.
struct RateLimitTests {
  private final class Demands: Sendable {
    let list = Mutex<[OriginGovernor.Demand]>([])
  }

  /// Returns the demands reported after one complete list.
  private func demands(_ origin: String, _ headers: [String: String]) async throws -> [OriginGovernor.Demand] {
    let demands = Demands()
    let transport = ScriptedTransport(200, #"{"participants":[]}"#, headers)
    let api = ConferenceAPI(transport: transport, origin: origin, project: "a", token: Secret("t"))
      .reportingDemands { demand in demands.list.withLock { $0.append(demand) } }
    let conference = try #require(ConferenceSID("c"))
    var reader = PageReader()
    _ = try await api.page(of: conference, query: nil, comparedWith: nil, reader: &reader)
    return demands.list.withLock { $0 }
  }

  @Test(arguments: [("0", "7", Duration.seconds(7)), ("0", "86400", .seconds(900))])
  func `after the last allowed request the origin gets a pause`(
    left: String, reset: String, pause: Duration
  ) async throws {
    let headers = ["x-ratelimit-remaining": left, "x-ratelimit-reset": reset]
    #expect(try await demands("https://api.telnyx.com", headers) == [.limitReached(resetAfter: pause)])
  }

  @Test(arguments: [
    ["x-ratelimit-remaining": "1", "x-ratelimit-reset": "7"], ["x-ratelimit-remaining": "0"],
    ["x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"], [:],
  ])
  func `otherwise there is no pause`(headers: [String: String]) async throws {
    #expect(try await demands("https://api.telnyx.com", headers) == [])
  }

  @Test func `a provider that does not document the header gets no pause`() async throws {
    let headers = ["x-ratelimit-remaining": "0", "x-ratelimit-reset": "7"]
    #expect(try await demands("https://example.signalwire.com", headers) == [])
  }
}
