import RollcallCore

/// Pages of a participant list, as the provider would write them.
struct ListedRoom {
  static let account = "6f4a0f6e-3d0b-4a55-9f53-0d7d2f1c9b10"

  /// The layout of the JSON. All layouts are valid, but only the first is likely.
  enum Formatting: String, CaseIterable {
    case compact
    /// White space wherever JSON allows it.
    case spread
    /// Every row has its keys in another order.
    case shuffled
    /// Escapes in texts, text that is not ASCII, and unknown members.
    case foreign
  }

  /// A participant in the room.
  struct Person {
    var number: Int
    var isMuted = false

    init(_ number: Int) { self.number = number }

    /// A UUID that does not predict the next one, so that a page compresses no better than a provider's.
    var sid: String {
      var numbers = SplitMix64(seed: UInt64(number))
      let (high, low) = (numbers.next(), numbers.next())
      return "\(hex(high >> 32, 8))-\(hex(high >> 16, 4))-4\(hex(high, 3))-9\(hex(low >> 48, 3))-\(hex(low, 12))"
    }

    /// Returns the last hexadecimal digits of a number.
    private func hex(_ number: UInt64, _ count: Int) -> String {
      let digits = String(number, radix: 16).suffix(count)
      return String(repeating: "0", count: count - digits.count) + digits
    }
  }

  /// The maximum number of people on a page, which is the size that rollcall asks for.
  static let pageSize = 1000

  let conference: String
  private let account: String
  var people: [Person]

  init(_ conference: String, people count: Int, account: String = ListedRoom.account) {
    self.conference = conference
    self.account = account
    people = (0..<count).map { Person($0) }
  }

  private var path: String { Self.conferences(of: account) + "/\(conference)/Participants" }

  /// Returns the path of an account's conferences.
  static func conferences(of account: String) -> String { "/api/laml/2010-04-01/Accounts/\(account)/Conferences" }

  var pageCount: Int { max(1, (people.count + Self.pageSize - 1) / Self.pageSize) }

  /// Returns one page, of about 594 bytes per person if compact.
  func page(_ formatting: Formatting = .compact, number: Int = 0) -> [UInt8] {
    let colon = formatting == .spread ? " : " : ":"
    let link = "\(path)?PageSize=\(Self.pageSize)"
    let next = number + 1 < pageCount ? "\"\(link)&Page=\(number + 1)&PageToken=PA\(number + 1)\"" : "null"
    var text = "{\"uri\"\(colon)\"\(link)\",\"next_page_uri\"\(colon)\(next),\"participants\"\(colon)["
    let rows = people.dropFirst(number * Self.pageSize).prefix(Self.pageSize)
    for (index, person) in rows.enumerated() {
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
      ("account_sid", "\"\(account)\""), ("call_sid", "\"\(person.sid)\""), ("call_sid_to_coach", "null"),
      ("coaching", "false"), ("conference_sid", "\"\(conference)\""),
      ("date_created", "\"Mon, 23 Nov 2026 18:00:00 +0000\""),
      ("date_updated", "\"Mon, 23 Nov 2026 18:00:00 +0000\""),
      ("end_conference_on_exit", "false"), ("hold", "false"), ("muted", "\(person.isMuted)"),
      ("start_conference_on_enter", "true"), ("status", "\"in-progress\""),
      ("uri", "\"\(path)/\(person.sid)\""),
    ]
  }
}
