/// Pages of a participant list, as the provider would write them.
struct ListedRoom {
  static let account = "6f4a0f6e-3d0b-4a55-9f53-0d7d2f1c9b10"

  /// How the JSON is laid out: all of it is legal, and only the first is likely.
  enum Formatting: String, CaseIterable {
    case compact
    /// White space wherever JSON allows it.
    case spread
    /// The keys of every row stand in another order.
    case shuffled
    /// Escapes in texts, text that is not ASCII, and members that nobody knows.
    case foreign
  }

  /// Somebody in it.
  struct Person {
    var number: Int
    var isMuted = false

    init(_ number: Int) { self.number = number }

    var sid: String { "c0ffee00-5eed-4bad-9abc-" + ListedRoom.hex(number) }
  }

  var conference: String
  var people: [Person]

  init(_ conference: String, people count: Int) {
    self.conference = conference
    people = (0..<count).map { Person($0) }
  }

  private var path: String { "/api/laml/2010-04-01/Accounts/\(Self.account)/Conferences/\(conference)/Participants" }

  /// Twelve digits.
  static func hex(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 12 - digits.count) + digits
  }

  /// The page, about 594 bytes for each person when compact.
  func page(_ formatting: Formatting = .compact) -> [UInt8] {
    let colon = formatting == .spread ? " : " : ":"
    var text = "{\"uri\"\(colon)\"\(path)?PageSize=1000\",\"next_page_uri\"\(colon)null,\"participants\"\(colon)["
    for (index, person) in people.enumerated() {
      if index > 0 { text += formatting == .spread ? ",\n    " : "," }
      text += row(of: person, at: index, formatting)
    }
    return Array((text + "]}").utf8)
  }

  func row(of person: Person, at index: Int = 0, _ formatting: Formatting = .compact) -> String {
    var members = members(of: person)
    switch formatting {
    case .compact: break
    case .spread: return "{\n      " + written(members, " : ", ",\n      ") + "\n    }"
    case .shuffled: members = members.indices.map { members[($0 * 5 + index) % members.count] }
    case .foreign:
      members[11].1 = "\"in\\u002dprogress\""
      members.append(("label", "\"Zürich · 東京 \\\"\(index)\\\" — приёмная\""))
      members.append(("quality", "{\"mos\":[4.1,3.9e0,{\"jitter\":[1,2,3]}],\"codec\":null}"))
    }
    return "{" + written(members, ":", ",") + "}"
  }

  private func written(_ members: [(String, String)], _ colon: String, _ comma: String) -> String {
    members.map { "\"\($0)\"\(colon)\($1)" }.joined(separator: comma)
  }

  private func members(of person: Person) -> [(String, String)] {
    [
      ("account_sid", "\"\(Self.account)\""), ("call_sid", "\"\(person.sid)\""), ("call_sid_to_coach", "null"),
      ("coaching", "false"), ("conference_sid", "\"\(conference)\""),
      ("date_created", "\"Mon, 23 Nov 2026 18:00:00 +0000\""),
      ("date_updated", "\"Mon, 23 Nov 2026 18:00:00 +0000\""),
      ("end_conference_on_exit", "false"), ("hold", "false"), ("muted", "\(person.isMuted)"),
      ("start_conference_on_enter", "true"), ("status", "\"in-progress\""),
      ("uri", "\"\(path)/\(person.sid)\""),
    ]
  }
}
