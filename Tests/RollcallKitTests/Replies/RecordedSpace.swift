import RollcallCore
import RollcallTestKit
import Synchronization

@testable import RollcallKit

/// A provider that answers with recorded replies. The test places each of them at a URL.
final class RecordedSpace: HTTPTransport {
  /// The answer to requests for which the test has set no reply.
  static let notFound: [Provider: String] = [
    .signalWire: "signalwire-error-404-20404.json", .twilio: "twilio-error-404-20404.json",
    .telnyx: "telnyx-error-404-10005.json",
  ]

  let provider: Provider
  let account: String
  let conference: ConferenceSID
  /// The replies by the part of a URL after the account's path, without the suffix. Further pages include the query.
  private let replies = Mutex<[String: HTTPResponse]>([:])
  private let asked = Mutex<[String]>([])

  /// Creates a space at the account and conference that a reply names; nil if it names no valid conference.
  init?(of reply: RecordedReply) {
    let row = reply.rows.first ?? reply.json["conferences"]?.asArray?.first ?? reply.json
    let uri = reply.json["uri"]?.asText ?? row["uri"]?.asText ?? ""
    provider = uri.hasPrefix("/v2/texml") ? .telnyx : uri.hasPrefix("/api/laml") ? .signalWire : .twilio
    let segments = uri.split { "/?".contains($0) }.map(String.init)
    func segment(after name: String) -> String? {
      segments.firstIndex(of: name).map { $0 + 1 }.flatMap { segments.indices.contains($0) ? segments[$0] : nil }
    }
    let sid = row["conference_sid"]?.asText ?? row["sid"]?.asText ?? segment(after: "Conferences")
    guard let conference = ConferenceSID(sid ?? "CF0") else { return nil }
    self.conference = conference
    account = segment(after: "Accounts") ?? row["account_sid"]?.asText ?? "AC0"
  }

  var origin: String { provider.dialect.origin ?? "https://example.signalwire.com" }
  var api: ConferenceAPI {
    ConferenceAPI(transport: self, origin: origin, project: account, provider: provider, token: Secret("t"))
  }
  var list: String { "Conferences/\(conference)/Participants" }
  /// The places of all requests, in the form in which replies are placed.
  var questions: [String] { asked.withLock { $0 } }

  func answer(_ place: String, _ body: [UInt8], status: Int = 200) {
    replies.withLock { $0[place] = HTTPResponse(status: status, body: .bytes(PaddedBytes(body))) }
  }

  func answer(_ place: String, _ json: JSONValue) { answer(place, Array(json.text.utf8)) }

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    let url = request.url.reveal()
    let base = "\(origin)\(provider.dialect.basePath)/Accounts/\(account)/"
    guard url.hasPrefix(base) else { throw HTTPFailure(.unreachable, "\(url) is not of this account") }
    let parts = url.dropFirst(base.count).split(separator: "?", maxSplits: 1).map(String.init)
    guard let path = parts.first, path.hasSuffix(provider.dialect.pathSuffix) else {
      throw HTTPFailure(.unreachable, "\(url) lacks its suffix")
    }
    let place = String(path.dropLast(provider.dialect.pathSuffix.count))
    let page = "\(place)?\(parts.dropFirst().first ?? "")"
    let known = replies.withLock { $0[page] != nil } ? page : place
    asked.withLock { $0.append(known) }
    if let reply = replies.withLock({ $0[known] }) {
      if case .bytes(let body) = reply.body, let expected = request.expected, expected.storage == body.storage {
        return HTTPResponse(status: 200, body: .asExpected)
      }
      return reply
    }
    let name = Self.notFound[provider] ?? ""
    let body = RecordedReply.named(name)?.bytes ?? []
    return HTTPResponse(status: 404, body: .bytes(PaddedBytes(body)))
  }
}

/// A real tracker that polls a recorded space through the real API.
struct RecordedWatch {
  let space: RecordedSpace
  var tracker: ConferenceTracker
  private let api: ConferenceAPI
  private var reader = PageReader()
  private var now = Timestamp(milliseconds: 1_800_000_000_000)
  private var stream = EventStream(epoch: 7)
  private(set) var folded = FoldedRoom()
  private(set) var warnings = 0

  init(_ space: RecordedSpace) {
    self.space = space
    api = space.api
    tracker = ConferenceTracker(
      conference: space.conference, origin: .named, interval: .seconds(2), version: "0")
  }

  /// Performs one poll.
  ///
  /// - Returns: its outcome, and its events as JSON.
  mutating func poll() async -> (outcome: PollOutcome?, events: [JSONValue]) {
    now = now + .seconds(2)
    var events: [JSONValue] = []
    var actions = tracker.begin(at: now)
    for _ in 0..<1000 where !actions.isEmpty {
      now = now + .milliseconds(1)
      switch actions.removeFirst() {
      case .fetchPage(let query, let ordinal): actions += await fetch(query, ordinal)
      case .fetchParticipant(let call):
        actions += tracker.participantAnswered(call, await api.participant(call, in: space.conference), at: now)
      case .fetchConference:
        actions += tracker.conferenceAnswered(await api.conference(space.conference), at: now)
      case .commit(let drafts):
        for draft in drafts {
          let event = stream.freeze(draft)
          folded.fold(event)
          if let line = try? JSONReader.read(event.line) { events.append(line) }
        }
      case .warnOfStatuses: warnings += 1
      case .setDeadline: break
      case .finish(let outcome): return (outcome, events)
      }
    }
    return (nil, events)
  }

  private mutating func fetch(_ query: String?, _ ordinal: Int) async -> [ConferenceTracker.Action] {
    do throws(ScanFailure) {
      let reply = try await api.page(
        of: space.conference, query: query, comparedWith: tracker.page(at: ordinal), reader: &reader)
      return tracker.received(reply, at: now)
    } catch {
      return tracker.failed(error, at: now)
    }
  }
}

extension JSONValue {
  /// The parts of an event that a test compares: its type, its call, and how a departure was confirmed.
  var told: String {
    "\(self["type"]?.asText ?? "") \(self["call_sid"]?.asText ?? "")\(self["confirmed_by"].map { " \($0.asText ?? "")" } ?? "")"
  }
}
