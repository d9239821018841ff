import RollcallCore
import Testing

@Suite struct `A value of a port` {
  @Test func `does not show a request's credentials`() {
    let request = HTTPRequest(
      method: .post, url: Secret("https://host/key"),
      headers: [.init("Authorization", "Basic abc"), .init("A", Secret("b"))],
      body: [1], limits: .webhook)
    #expect(!"\(request)".contains("key"))
    #expect(!"\(request)".contains("abc"))
    #expect(request.headers.map { $0.value.reveal() } == ["Basic abc", "b"])
    #expect(request.method.rawValue == "POST")
  }

  @Test func `has the limits of the contract`() {
    #expect(HTTPLimits.list.body == 8 << 20)
    #expect(HTTPLimits.single.body == 64 << 10 && !HTTPLimits.single.ignoresExcess)
    #expect(HTTPLimits.webhook.body == 64 << 10 && HTTPLimits.webhook.ignoresExcess)
    for limits in [HTTPLimits.list, .single, .webhook] {
      #expect(limits.connect == .seconds(5) && limits.total == .seconds(15) && limits.headers == 64 << 10)
    }
  }

  @Test func `is a whole reply, or the reason why there is none`() {
    let response = HTTPResponse(status: 204, body: .bytes(PaddedBytes([1, 2])))
    guard case .bytes(let bytes) = response.body else {
      Issue.record("expected the bytes of the body")
      return
    }
    #expect(response.status == 204 && response.headers.isEmpty && Array(bytes.bytes) == [1, 2])
    #expect(HTTPResponse.keptHeaders.allSatisfy { $0 == $0.lowercased() })
    #expect(HTTPFailure(.timedOut, "too slow") != HTTPFailure(.unreachable, "too slow"))
    #expect(StoreFailure(.full, "no room") != StoreFailure(.inUse, "no room"))
  }

  @Test(
    arguments: [
      (.full, .diskFull), (.busy, .stateBusy), (.damaged, nil), (.newer, nil), (.foreign, nil), (.inUse, nil),
      (.cannotOpen, nil), (.inputOutput, nil),
    ] as [(StoreFailure.Kind, OutageReason?)])
  func `has a reason for an outage if the store may accept it later`(kind: StoreFailure.Kind, outage: OutageReason?) {
    #expect(StoreFailure(kind, "why").outage == outage)
  }

  @Test func `changes no room by default`() {
    let commit = PollCommit([.stopped(.once, at: Timestamp(milliseconds: 5))])
    #expect(commit.changes == nil)
    #expect(commit.events.map(\.type) == [.watchStopped])
  }
}
