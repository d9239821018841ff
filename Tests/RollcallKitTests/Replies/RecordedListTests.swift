import RollcallCore
import RollcallTestKit
import Testing

@testable import RollcallKit

/// Tests every recorded list of participants over HTTP, at its provider's URL.
@Suite(.enabled(if: SharedData.isPresent, "recorded replies are not beside the package"))
struct `A recorded list over HTTP` {
  /// Its rows have no `call_sid`.
  private static let malformed = "restcomm-participants-list.json"
  static let lists = RecordedReply.all(.participants).filter { $0.name != malformed }

  /// Returns a space that shows a list, followed by an empty page if the list has a next link.
  private static func space(_ list: RecordedReply) throws -> RecordedSpace {
    let space = try #require(RecordedSpace(of: list))
    show(list.rows, of: list, in: space)
    say("in-progress", in: space)
    return space
  }

  private static func show(_ rows: [JSONValue], of list: RecordedReply, in space: RecordedSpace) {
    space.answer(space.list, link(list.json.with("participants", .array(rows)), in: space))
    guard let query = query(of: list) else { return }
    let last = list.json.with("participants", .array([])).with("next_page_uri", .null)
    space.answer("\(space.list)?\(query)", last)
  }

  /// Returns a list whose next link leads to the list of its own rows. Only the query of the recorded link is used: in
  /// one provider's documentation, the link belongs to another conference or is only a word.
  private static func link(_ list: JSONValue, in space: RecordedSpace) -> JSONValue {
    guard let query = query(list) else { return list.with("next_page_uri", .null) }
    let path = "\(space.provider.dialect.basePath)/Accounts/\(space.account)/\(space.list)"
    return list.with("next_page_uri", .string("\(path)?\(query)"))
  }

  private static func query(of list: RecordedReply) -> String? { query(list.json) }

  private static func query(_ list: JSONValue) -> String? {
    list["next_page_uri"]?.asText?.split(separator: "?").dropFirst().first.map(String.init)
  }

  /// Sets the status that the conference itself reports.
  private static func say(_ status: String, in space: RecordedSpace) {
    let conference = JSONValue.object([("sid", .string(space.conference.text)), ("status", .string(status))])
    space.answer("Conferences/\(space.conference)", conference)
  }

  /// Returns the events, without those for initial states and without ends of coaching.
  private static func told(_ events: [JSONValue]) -> [String] {
    events.filter { $0["initial"] == nil && $0["type"]?.asText != "participant.coaching_stopped" }.map(\.told)
  }

  @Test(arguments: lists) func `gives the events of an independent model, and none the second time`(list: RecordedReply)
    async throws
  {
    let space = try Self.space(list)
    // Uses the recorded bytes, unless their link belongs to another conference.
    if space.provider != .telnyx { space.answer(space.list, list.bytes) }
    var watch = RecordedWatch(space)
    let present = PlainDifference.present(in: list.rows)
    let first = await watch.poll()
    #expect(first.outcome == .complete)
    let baseline = first.events.filter { $0["type"]?.asText == "participant.present" }
    #expect(Set(baseline.compactMap { $0["call_sid"]?.asText }) == present && baseline.count == present.count)
    #expect(first.events.last?["baseline"]?.asInteger == Int64(present.count))
    for event in baseline {
      let row = list.rows.first { $0["call_sid"] == event["call_sid"] }
      #expect(event["participant"] == row)
    }
    for _ in 0..<2 {
      let again = await watch.poll()
      #expect(again.outcome == .complete && again.events.isEmpty)
    }
    #expect(Set(watch.folded.people.keys) == present && watch.folded.faults.isEmpty)
    let isSilent =
      !list.rows.isEmpty && list.rows.allSatisfy { ["completed", "complete"].contains($0["status"]?.asText ?? "") }
    #expect(watch.warnings == (isSilent ? 1 : 0))
    #expect(space.questions.contains("Conferences/\(space.conference)") == (isSilent || present.isEmpty))
  }

  @Test(arguments: lists) func `is watched from then on`(list: RecordedReply) async throws {
    let space = try Self.space(list)
    var watch = RecordedWatch(space)
    _ = await watch.poll()
    for call in PlainDifference.present(in: list.rows).sorted() {
      let isMuted = list.rows.first { $0["call_sid"]?.asText == call }?["muted"] == .bool(true)
      let turned = list.rows.map { $0["call_sid"]?.asText == call ? $0.with("muted", .bool(!isMuted)) : $0 }
      Self.show(turned, of: list, in: space)
      let told = Self.told(await watch.poll().events)
      #expect(told == ["participant.\(isMuted ? "unmuted" : "muted") \(call)"])
      Self.show(turned.filter { $0["call_sid"]?.asText != call }, of: list, in: space)
      let left = Self.told(await watch.poll().events)
      #expect(left == ["participant.left \(call) participant_not_found"])
      Self.show(turned + [turned[0].with("call_sid", .string("new"))], of: list, in: space)
      // Looks up the participant who has left before they join again.
      let joined = Self.told(await watch.poll().events)
      #expect(joined == ["participant.joined new"])
      Self.show(list.rows, of: list, in: space)
      watch = RecordedWatch(space)
      _ = await watch.poll()
    }
  }

  @Test(arguments: lists) func `ends with its conference`(list: RecordedReply) async throws {
    let space = try Self.space(list)
    var watch = RecordedWatch(space)
    _ = await watch.poll()
    let present = PlainDifference.present(in: list.rows).sorted()
    Self.show(list.rows.map { $0.with("status", .string("completed")) }, of: list, in: space)
    Self.say("completed", in: space)
    let end = await watch.poll()
    #expect(end.outcome == .ended)
    let gone = Self.told(end.events)
    #expect(gone.last == "conference.ended " && gone.count == present.count + 1)
    for (told, call) in zip(gone, present) { #expect(told.hasPrefix("participant.left \(call) ")) }
  }

  @Test func `continues over its recorded pages`() async throws {
    let first = try #require(RecordedReply.named("dixa-participants-list-page1.json"))
    let second = try #require(RecordedReply.named("dixa-participants-list-page2.json"))
    let space = try Self.space(first)
    space.answer("\(space.list)?\(try #require(Self.query(of: first)))", second.bytes)
    var watch = RecordedWatch(space)
    let outcome = await watch.poll().outcome
    #expect(outcome == .complete)
    #expect(Set(watch.folded.people.keys) == Set((first.rows + second.rows).compactMap { $0["call_sid"]?.asText }))
    #expect(watch.folded.people.count == 3)
  }

  @Test(arguments: lists.filter { query(of: $0) != nil })
  func `ends if its link leads back to it, unless it was full`(list: RecordedReply) async throws {
    let space = try Self.space(list)
    space.answer("\(space.list)?\(try #require(Self.query(of: list)))", Self.link(list.json, in: space))
    var watch = RecordedWatch(space)
    let size = list.json["page_size"]?.asInteger ?? 0
    let outcome = await watch.poll().outcome
    let isShort = Int64(list.rows.count) < size
    #expect(
      outcome
        == (isShort ? .complete : .failed(.malformed(reason: "a page with a next link lists no new participants"))))
    #expect(watch.folded.people.isEmpty == !isShort)
  }

  @Test func `that is invalid fails the poll`() async throws {
    let malformed = try #require(RecordedReply.named(Self.malformed))
    let other = ["telnyx-participants-list-link.json", "telnyx-participants-list-spec.json"].compactMap(
      RecordedReply.named)
    let space = try #require(other.first.flatMap(RecordedSpace.init))
    var watch = RecordedWatch(space)
    var outcomes: [PollOutcome?] = []
    for reply in other + [malformed] {
      space.answer(space.list, reply.bytes)
      outcomes.append(await watch.poll().outcome)
    }
    let isElsewhere = ScanFailure.malformed(reason: LinkRefusal.otherList.text)
    let lacksCalls = ScanFailure.malformed(reason: "row 0, byte 23: call_sid is missing or invalid")
    #expect(outcomes == [.failed(isElsewhere), .failed(isElsewhere), .failed(lacksCalls)])
    // Lists of other resources are not lists of participants.
    for reply in RecordedReply.all where reply.kind != .participants {
      space.answer(space.list, reply.bytes)
      guard case .failed(let failure) = await watch.poll().outcome, case .malformed = failure.kind else {
        Issue.record("\(reply.name) was accepted")
        continue
      }
    }
  }
}
