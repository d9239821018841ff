import RollcallTestKit
import Testing

@testable import RollcallCore

@Suite struct `A message format` {
  private static let source = EventSource(account: "https://example.signalwire.com/api/laml/2010-04-01/Accounts/P-1")

  private static func event(_ type: EventType, in conference: String?, sequence: UInt64 = 7) throws -> StoredEvent {
    var draft = Event(
      type, at: Timestamp(milliseconds: 1_763_885_000_123), conference: conference.flatMap { ConferenceSID($0) })
    if type.rawValue.hasPrefix("participant.") {
      draft.call = CallSID("call-1")
      draft.participant = Array(#"{"call_sid":"call-1","label":"Zoë \" \\ ☎"}"#.utf8)
      draft.participantCount = 2
    } else {
      draft.watch = .stopped(reason: .signal)
    }
    var stream = EventStream(epoch: 0xABCD, lastSequence: sequence - 1)
    return stream.freeze(draft)
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test func `rollcall is the line without its newline`() throws {
    let event = try Self.event(.participantJoined, in: "CF-1")
    #expect(MessageFormat.rollcall.body(of: event) + [0x0A] == event.line)
    #expect(MessageFormat.rollcall.contentType == "application/json")
  }

  @Test func `cloudevents about a participant, byte for byte`() throws {
    let event = try Self.event(.participantJoined, in: "CF:1")
    let format = MessageFormat.cloudEvents(Self.source)
    #expect(
      Self.text(format.body(of: event)) == """
        {"specversion":"1.0","id":"evt_000000000000abcd_000000000007",\
        "source":"https://example.signalwire.com/api/laml/2010-04-01/Accounts/P-1/Conferences/CF:1",\
        "type":"rollcall.participant.joined","subject":"call-1","time":"2025-11-23T08:03:20.123Z",\
        "sequence":"00000000000000000007","partitionkey":"CF:1","datacontenttype":"application/json",\
        "data":{"id":"evt_000000000000abcd_000000000007","type":"participant.joined",\
        "timestamp":"2025-11-23T08:03:20.123Z","sequence":7,"occurred_after":null,"conference_sid":"CF:1",\
        "call_sid":"call-1","participant":{"call_sid":"call-1","label":"Zoë \\" \\\\ ☎"},"participant_count":2}}
        """)
    #expect(format.contentType == "application/cloudevents+json")
  }

  @Test func `cloudevents without a conference have the account as source and no subject`() throws {
    let event = try Self.event(.watchStopped, in: nil)
    #expect(
      Self.text(MessageFormat.cloudEvents(Self.source).body(of: event)) == """
        {"specversion":"1.0","id":"evt_000000000000abcd_000000000007",\
        "source":"https://example.signalwire.com/api/laml/2010-04-01/Accounts/P-1",\
        "type":"rollcall.watch.stopped","time":"2025-11-23T08:03:20.123Z","sequence":"00000000000000000007",\
        "datacontenttype":"application/json","data":{"id":"evt_000000000000abcd_000000000007",\
        "type":"watch.stopped","timestamp":"2025-11-23T08:03:20.123Z","sequence":7,"reason":"signal"}}
        """)
  }

  /// The texts have the same order as the numbers.
  @Test(arguments: [(1, "00000000000000000001"), (.max, "18446744073709551615")] as [(UInt64, String)])
  func `the sequence of cloudevents is 20 digits of text`(sequence: UInt64, digits: String) throws {
    let event = try Self.event(.participantLeft, in: "CF", sequence: sequence)
    let value = try JSONReader.read(MessageFormat.cloudEvents(Self.source).body(of: event))
    #expect(value["sequence"] == .string(digits))
  }

  @Test(arguments: EventType.allCases)
  func `cloudevents have attributes named by lower-case letters, whose values are not empty`(
    type: EventType
  ) throws {
    let event = try Self.event(type, in: "CF")
    let body = MessageFormat.cloudEvents(Self.source).body(of: event)
    let members = try #require(try JSONReader.read(body).asObject)
    #expect(members.last?.key == "data")
    #expect(try members.last?.value == JSONReader.read(Array(event.line.dropLast())))
    for member in members.dropLast() {
      #expect(member.key.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }, "\(member.key)")
      #expect(try #require(member.value.asText).isEmpty == false, "\(member.key)")
    }
    #expect(Set(members.map(\.key)).count == members.count)
  }

  @Test func `a format is found by its name in options`() {
    #expect(
      WebhookFormat.allCases.map(\.rawValue) == [
        "rollcall", "cloudevents", "slack", "discord", "mattermost", "teams",
      ])
    #expect(MessageFormat(.rollcall, source: Self.source) == .rollcall)
    #expect(MessageFormat(.cloudevents, source: Self.source) == .cloudEvents(Self.source))
  }
}
