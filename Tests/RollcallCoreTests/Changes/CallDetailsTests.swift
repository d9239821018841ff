import RollcallTestKit
import Testing

@testable import RollcallCore

/// What events say about a participant's call.
@Suite struct `A call in an event` {
  private static let details = CallDetails(from: "+15550100", to: "+15550101", direction: "inbound")
  private static let member = #""call":{"from":"+15550100","to":"+15550101","direction":"inbound"}}"#

  private func record(_ participant: String, _ details: CallDetails?) throws -> String {
    var draft = Event(.participantJoined, at: Timestamp(milliseconds: 0), conference: nil)
    draft.participant = Array(participant.utf8)
    draft.callDetails = details
    let line = EventWriter.line(for: draft, id: "x", sequence: 1)
    let start = try #require(line.range(ofRun: #""participant":"#.utf8)).upperBound
    let end = try #require(line.range(ofRun: #","participant_count""#.utf8)).lowerBound
    return String(decoding: line[start..<end], as: UTF8.self)
  }

  @Test(arguments: [
    (#"{"call_sid":"a","label":"x"}"#, #"{"call_sid":"a","label":"x","#), ("{}", "{"),
    // The provider's own values under that key are removed, however the key is written.
    (#"{"call":1}"#, "{"), (#"{"call":{"call":[1,"}"]},"b":"\""}"#, #"{"b":"\"","#),
    (#"{"a":[{"call":1}],"c\u0061ll":null,"b":{"call":2}}"#, #"{"a":[{"call":1}],"b":{"call":2},"#),
    (#"{"a":"call","call\u0000":1,"calls":2,"\\call":3}"#, #"{"a":"call","call\u0000":1,"calls":2,"\\call":3,"#),
    (#"{"call":"a","call":"b","x":"call\":{}"}"#, #"{"x":"call\":{}","#),
  ])
  func `is at the end of the record, once`(participant: String, start: String) throws {
    #expect(try record(participant, Self.details) == start + Self.member)
    #expect(try record(participant, nil) == participant)
  }

  /// Compares with an independent JSON reader.
  @Test(arguments: 0..<200 as Range<UInt64>)
  func `leaves the rest of the record unchanged`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let keys = ["call", "c\\u0061ll", "a", "\\\"", "}", "call_sid", "é"]
    let values = [#""call""#, "1", "null", #"{"call":[{}]}"#, #"["\\","call",{}]"#, #""}\",{""#, "{}", "-1e5"]
    let count = Int.random(in: 0...6, using: &random)
    let members = (0..<count).map { _ in
      "\"\(keys.randomElement(using: &random) ?? "")\":\(values.randomElement(using: &random) ?? "")"
    }
    let participant = "{" + members.joined(separator: ",") + "}"
    let (before, after) = (
      try JSONReader.read(Array(participant.utf8)),
      try JSONReader.read(Array(record(participant, Self.details).utf8))
    )
    let kept = try #require(before.asObject).filter { $0.key != "call" }
    #expect(JSONValue.object(Array(try #require(after.asObject).dropLast())) == .object(kept))
    #expect(after.asObject?.last?.key == "call" && after["call"].map(CallDetails.init) == Self.details)
  }

  @Test func `has null for missing fields and for fields that are not text`() throws {
    let read = try JSONReader.read(Array(#"{"from":1,"to":null,"direction":"x","sid":"a"}"#.utf8))
    #expect(CallDetails(read) == CallDetails(from: nil, to: nil, direction: "x"))
    #expect(
      try record("{}", CallDetails(read)) == #"{"call":{"from":null,"to":null,"direction":"x"}}"#)
  }

  @Test(arguments: `A line`.pieces)
  func `has each text cut to 128 bytes as written, and survives a round trip`(piece: String) throws {
    let text = String(repeating: piece, count: 200)
    let read = try JSONReader.read(Array(#"{"from":"\#(text)","to":"\#(piece)","direction":"\#(text)b"}"#.utf8))
    let details = CallDetails(read)
    let again = try JSONReader.read(details.json)
    #expect(CallDetails(again) == details)
    #expect(details.json.count <= 3 * 128 + 36)
    #expect(details.to?.isEmpty == false)
  }
}
