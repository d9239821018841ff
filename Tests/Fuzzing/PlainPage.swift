import FuzzOracles
import RollcallCore

/// A page by the documented rules, read from a whole JSON value: slow, and without any code of the page reader.
struct PlainPage {
  struct Row {
    let json: JSONValue
    let call: String
  }

  private static let booleans = [
    "coaching", "end_conference_on_exit", "hold", "muted", "start_conference_on_enter",
  ]
  private static let documented =
    booleans + [
      "account_sid", "call_sid", "call_sid_to_coach", "conference_sid", "date_created", "date_updated", "status", "uri",
    ]

  let rows: [Row]
  let next: String?

  /// - Returns: nil if the bytes are not a page of that conference, or any row is malformed.
  init?(_ bytes: [UInt8], conference: String) {
    guard let json = PlainJSON.value(of: bytes), let members = json.asObject else { return nil }
    let lists = members.filter { $0.key == "participants" }
    let links = members.filter { $0.key == "next_page_uri" }
    guard lists.count == 1, links.count <= 1, let list = lists.first?.value.asArray else { return nil }
    var rows: [Row] = []
    for json in list {
      guard let row = Self.row(json, conference) else { return nil }
      rows.append(row)
    }
    self.rows = rows
    switch links.first?.value {
    case nil, .null?: next = nil
    case .string(let text)?: next = text.isEmpty ? nil : text
    case .bool?, .number?, .array?, .object?: return nil
    }
  }

  private static func row(_ json: JSONValue, _ conference: String) -> Row? {
    guard let members = json.asObject, let call = json["call_sid"]?.asText, CallSID(call) != nil else { return nil }
    for key in documented where members.count(where: { $0.key.utf8.elementsEqual(key.utf8) }) > 1 { return nil }
    for key in booleans {
      switch json[key] {
      case nil, .null?, .bool?: break
      case .number?, .string?, .array?, .object?: return nil
      }
    }
    if let named = json["conference_sid"]?.asText, !named.utf8.elementsEqual(conference.utf8) { return nil }
    return Row(json: json, call: call)
  }

  /// Returns the state that a reader must get from a row.
  static func state(_ json: JSONValue) -> ParticipantState {
    ParticipantState(
      isMuted: json["muted"] == .bool(true), isOnHold: json["hold"] == .bool(true),
      isCoaching: json["coaching"] == .bool(true), callSIDToCoach: json["call_sid_to_coach"]?.asText,
      status: json["status"]?.asText, startsConferenceOnEnter: json["start_conference_on_enter"] == .bool(true),
      endsConferenceOnExit: json["end_conference_on_exit"] == .bool(true), label: json["label"]?.asText)
  }

  static func seconds(_ json: JSONValue?) -> Int64? {
    (json?.asText).flatMap { RFC2822Date.seconds(Array($0.utf8)[...]) }
  }
}
