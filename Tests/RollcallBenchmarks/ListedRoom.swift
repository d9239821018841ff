/// Pages of a participant list, as the provider would write them.
struct ListedRoom {
  static let account = "6f4a0f6e-3d0b-4a55-9f53-0d7d2f1c9b10"
  /// Seconds of the day at which everybody came.
  private static let created = 18 * 3600

  /// Somebody in it.
  struct Person {
    var number: Int
    var isMuted = false
    /// Seconds after the conference began.
    var updated = 0

    init(_ number: Int) { self.number = number }

    var sid: String {
      let hex = String(number, radix: 16)
      return "c0ffee00-5eed-4bad-9abc-" + String(repeating: "0", count: 12 - hex.count) + hex
    }
  }

  var conference: String
  var people: [Person]

  init(_ conference: String, people count: Int) {
    self.conference = conference
    people = (0..<count).map { Person($0) }
  }

  private var path: String { "/api/laml/2010-04-01/Accounts/\(Self.account)/Conferences/\(conference)/Participants" }

  /// The page, about 594 bytes for each person; on request with white space wherever JSON allows it.
  func page(isSpread: Bool = false) -> [UInt8] {
    let (comma, colon) = isSpread ? (",\n      ", " : ") : (",", ":")
    var text = "{\"uri\"\(colon)\"\(path)?PageSize=1000\",\"next_page_uri\"\(colon)null,\"page\"\(colon)0,\"participants\"\(colon)["
    for (index, person) in people.enumerated() {
      if index > 0 { text += isSpread ? ",\n    " : "," }
      let members = members(of: person).map { "\"\($0)\"\(colon)\($1)" }
      text += "{\(members.joined(separator: comma))}"
    }
    return Array((text + "]}").utf8)
  }

  private func members(of person: Person) -> [(String, String)] {
    [
      ("account_sid", "\"\(Self.account)\""), ("call_sid", "\"\(person.sid)\""), ("call_sid_to_coach", "null"),
      ("coaching", "false"), ("conference_sid", "\"\(conference)\""),
      ("date_created", "\"\(Self.date(0))\""), ("date_updated", "\"\(Self.date(person.updated))\""),
      ("end_conference_on_exit", "false"), ("hold", "false"), ("muted", "\(person.isMuted)"),
      ("start_conference_on_enter", "true"), ("status", "\"in-progress\""),
      ("uri", "\"\(path)/\(person.sid).json\""),
    ]
  }

  /// RFC 2822, so many seconds after the conference began.
  private static func date(_ seconds: Int) -> String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let all = created + seconds % 20_000
    return "Mon, 23 Nov 2026 \(two(all / 3600)):\(two(all / 60 % 60)):\(two(all % 60)) +0000"
  }
}
