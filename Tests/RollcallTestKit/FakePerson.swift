package import RollcallCore

/// A participant invented by a test, and the row that a provider would send.
package struct FakePerson: Sendable, Equatable {
  package var sid: String
  package var muted = false
  package var hold = false
  package var coaching = false
  package var target: String?
  package var endsOnExit = false
  package var status: String? = "in-progress"
  package var created: Int
  package var updated: Int
  /// Whether the provider's rows have dates.
  package var hasDates = true

  package init(_ sid: String, created: Int = 0) {
    self.sid = sid
    self.created = created
    updated = created
  }

  /// Returns the row, in the provider's order of keys.
  package func row(conference: String) -> String {
    """
    {"account_sid":"P","call_sid":"\(sid)","call_sid_to_coach":\(target.map { "\"\($0)\"" } ?? "null"),\
    "coaching":\(coaching),"conference_sid":"\(conference)","date_created":\(date(created)),\
    "date_updated":\(date(updated)),"status":\(status.map { "\"\($0)\"" } ?? "null"),"end_conference_on_exit":\(endsOnExit),\
    "muted":\(muted),"hold":\(hold),"start_conference_on_enter":true,"uri":"/\(sid).json"}
    """
  }

  private func date(_ seconds: Int) -> String { hasDates ? "\"\(Self.date(seconds))\"" : "null" }

  /// Returns a time of one day, in seconds, as RFC 2822.
  static func date(_ seconds: Int) -> String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "Mon, 23 Nov 2026 \(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60)) +0000"
  }

  /// Returns a page of participants.
  package static func page(_ people: [FakePerson], conference: String, next: String? = nil) -> PaddedBytes {
    let rows = people.map { $0.row(conference: conference) }.joined(separator: ",")
    let link = next.map { "\"\($0)\"" } ?? "null"
    return PaddedBytes(Array("{\"next_page_uri\":\(link),\"participants\":[\(rows)]}".utf8))
  }
}
