import RollcallCore
import RollcallTestKit
import Testing

@testable import RollcallKit

/// Tests recorded replies about one participant, conference or call, lists of conferences, and errors.
@Suite(.enabled(if: SharedData.isPresent, "recorded replies are not beside the package"))
struct `A recorded reply over HTTP` {
  private static let completed = ["completed", "complete"]
  private static let notYet = ["queued", "initiated", "connecting", "ringing"]

  @Test(arguments: RecordedReply.all(.participant)) func `about a participant is read as a row`(
    reply: RecordedReply
  ) async throws {
    let space = try #require(RecordedSpace(of: reply))
    let call = try #require(reply.json["call_sid"]?.asText.flatMap(CallSID.init))
    space.answer("\(space.list)/\(call)", reply.bytes)
    guard case .found(let row) = await space.api.participant(call, in: space.conference) else {
      Issue.record("\(reply.name) was not read")
      return
    }
    #expect(row.callSID == call)
    #expect(try JSONReader.read(row.record) == reply.json)
    #expect(row.state.isMuted == (reply.json["muted"] == .bool(true)))
    #expect(row.state.status == reply.json["status"]?.asText)
    #expect((row.dateCreated != nil) == (reply.json["date_created"]?.asText != nil))
    // The reply says nothing about another participant.
    let other = try #require(CallSID("other"))
    space.answer("\(space.list)/\(other)", reply.bytes)
    #expect(await space.api.participant(other, in: space.conference) == .unclear)
  }

  /// A participant is no longer listed, and this reply is their own resource.
  @Test(arguments: RecordedReply.all(.participant), [true, false])
  func `about a participant decides whether they have left`(reply: RecordedReply, isLive: Bool) async throws {
    let space = try #require(RecordedSpace(of: reply))
    let call = try #require(reply.json["call_sid"]?.asText)
    // One live status of another participant makes all statuses live.
    let status = isLive ? JSONValue.string("connected") : .null
    let person = reply.json.with("status", status)
    let other = person.with("call_sid", .string("other"))
    func list(_ rows: [JSONValue]) -> JSONValue { .object([("participants", .array(rows))]) }
    space.answer(space.list, list([person, other]))
    var watch = RecordedWatch(space)
    #expect(await watch.poll().events.count == 3)
    space.answer(space.list, list([other]))
    space.answer("\(space.list)/\(call)", reply.bytes)
    let said = reply.json["status"]?.asText ?? ""
    let told = await watch.poll().events.map(\.told)
    let isGone = Self.completed.contains(said) && isLive
    let isThere = !(Self.completed + Self.notYet).contains(said) && said != status.asText ?? ""
    let expected =
      isGone
      ? ["participant.left \(call) participant_finished"] : isThere ? ["participant.updated \(call)"] : []
    #expect(told.filter { !$0.hasPrefix("participant.coaching_stopped") } == expected)
    // Now the participant has really left.
    let notFound = RecordedReply.named(RecordedSpace.notFound[space.provider] ?? "")?.bytes ?? []
    space.answer("\(space.list)/\(call)", notFound, status: 404)
    let later = await watch.poll().events.map(\.told).filter { $0.hasPrefix("participant.left") }
    #expect(later == (isGone ? [] : ["participant.left \(call) participant_not_found"]))
  }

  @Test(arguments: RecordedReply.all(.conference)) func `about a conference says whether it is running`(
    reply: RecordedReply
  ) async throws {
    let space = try #require(RecordedSpace(of: reply))
    space.answer("Conferences/\(space.conference)", reply.bytes)
    let status = reply.json["status"]?.asText ?? ""
    let ending = ConferenceEnding(
      reason: reply.json["reason_conference_ended"]?.asText, call: reply.json["call_sid_ending_conference"]?.asText)
    let expected: ConferenceReply =
      status == "completed" ? .completed(ending) : ["init", "in-progress"].contains(status) ? .running : .unclear
    #expect(await space.api.conference(space.conference) == expected && expected != .unclear)
    let details = try await space.api.details(of: space.conference)
    #expect(details.friendlyName == reply.json["friendly_name"]?.asText ?? "" && details.status == status)
  }

  @Test(arguments: RecordedReply.all(.conferences)) func `that lists conferences is read to its end`(
    reply: RecordedReply
  ) async throws {
    let space = try #require(RecordedSpace(of: reply))
    space.answer("Conferences", reply.bytes)
    let query = reply.json["next_page_uri"]?.asText?.split(separator: "?").dropFirst().first
    if let query {
      space.answer("Conferences?\(query)", reply.json.with("conferences", .array([])).with("next_page_uri", .null))
    }
    let sids = (reply.json["conferences"]?.asArray ?? []).compactMap { $0["sid"]?.asText }
    let found = try await space.api.conferences()
    #expect(Set(found.map(\.sid.text)) == Set(sids) && found.count == Set(sids).count)
    #expect(space.questions.count == (query == nil ? 1 : 2))
  }

  @Test(arguments: RecordedReply.all(.call)) func `about a call gives caller and called party`(reply: RecordedReply)
    async throws
  {
    let space = try #require(RecordedSpace(of: reply))
    let call = try #require(reply.json["sid"]?.asText.flatMap(CallSID.init))
    space.answer("Calls/\(call)", reply.bytes)
    let details = CallDetails(
      from: reply.json["from"]?.asText, to: reply.json["to"]?.asText, direction: reply.json["direction"]?.asText)
    #expect(await space.api.call(call) == .found(details) && details.from != nil)
  }

  /// The status of each recorded error, its meaning for a list, and its meaning for a page requested with a token.
  private static let errors: [(name: String, status: Int, list: ScanFailure, page: ScanFailure)] = [
    ("kevinburke-error-1", 404, .notFound, .notFound),
    ("rjpearson-None-internalServerErrorResponse", 500, unavailable(500), unavailable(500)),
    ("signalwire-error-21717-string-code", 400, unavailable(400), unavailable(400)),
    ("signalwire-error-400", 401, .unauthorised, .unauthorised),
    ("signalwire-error-404-20404", 404, .notFound, .notFound),
    ("signalwire-error-422-21481", 422, unavailable(422), .invalidPageToken),
    ("signalwire-error-429-20429", 429, .throttled(retryAfter: nil), .throttled(retryAfter: nil)),
    ("telnyx-error-400-10015", 400, unavailable(400), unavailable(400)),
    ("telnyx-error-401-10009", 401, .unauthorised, .unauthorised),
    ("telnyx-error-403-10010", 403, .forbidden, .forbidden),
    ("telnyx-error-404-10005", 404, .notFound, .notFound),
    ("telnyx-error-429-10011", 429, .throttled(retryAfter: nil), .throttled(retryAfter: nil)),
    ("twilio-error-400-20001", 400, unavailable(400), .invalidPageToken),
    ("twilio-error-401-20003", 401, .unauthorised, .unauthorised),
    ("twilio-error-404-20404", 404, .notFound, .notFound),
    ("twilio-error-405-20004", 405, unavailable(405), unavailable(405)),
    ("twilio-error-429-20429", 429, .throttled(retryAfter: nil), .throttled(retryAfter: nil)),
  ]

  private static func unavailable(_ status: Int) -> ScanFailure { .unavailable(status: status, retryAfter: nil) }

  @Test func `with an error is covered by a test below, whatever the error`() {
    #expect(Set(RecordedReply.all(.error).map(\.name)) == Set(Self.errors.map { "\($0.name).json" }))
  }

  @Test(arguments: errors)
  func `with an error gives the right failure`(
    error: (name: String, status: Int, list: ScanFailure, page: ScanFailure)
  ) async throws {
    let reply = try #require(RecordedReply.named("\(error.name).json"))
    let list =
      error.name.hasPrefix("telnyx")
      ? "telnyx-participants-list-spec.json"
      : error.name.hasPrefix("signalwire")
        ? "signalwire-participants-list.json" : "twilio-oai-participants-list-readFull.json"
    let space = try #require(RecordedReply.named(list).flatMap(RecordedSpace.init))
    let call = try #require(CallSID("CA1"))
    for place in [space.list, "\(space.list)?PageToken=PA1", "\(space.list)/CA1", "Conferences/\(space.conference)"] {
      space.answer(place, reply.bytes, status: error.status)
    }
    var reader = PageReader()
    func page(_ query: String?) async -> ScanFailure? {
      do throws(ScanFailure) {
        _ = try await space.api.page(of: space.conference, query: query, comparedWith: nil, reader: &reader)
        return nil
      } catch {
        return error
      }
    }
    #expect(await page(nil) == error.list)
    #expect(await page("PageToken=PA1") == error.page)
    let isRefusal = [401, 403].contains(error.status)
    let single: ParticipantReply = error.status == 404 ? .notFound : isRefusal ? .refused : .unclear
    #expect(await space.api.participant(call, in: space.conference) == single)
    let whole: ConferenceReply = error.status == 404 ? .notFound : isRefusal ? .refused : .unclear
    #expect(await space.api.conference(space.conference) == whole)
  }
}
