import RollcallCore
import RollcallServer

/// The query of a list request.
struct ListQuery {
  static let sizes = 1...1000

  var page = 0
  var size: Int
  var token: String?
  var muted: Bool?
  var hold: Bool?
  /// Only used by Twilio.
  var coaching: Bool?
  var status: String?
  var friendlyName: String?
  var days: [DayFilter] = []

  /// - Parameter size: the page size if the query has none.
  /// - Throws: the error that the provider would return.
  init(_ text: String, size: Int) throws(APIError) {
    self.size = size
    let fields = FormFields(text)
    if let text = fields["Page"] {
      guard let number = Int(text), number >= 0 else { throw .invalid("Page") }
      page = number
    }
    if let text = fields["PageSize"] {
      guard let number = Int(text), Self.sizes.contains(number) else { throw .invalid("PageSize") }
      self.size = number
    }
    token = fields["PageToken"]
    muted = try Self.flag("Muted", in: fields)
    hold = try Self.flag("Hold", in: fields)
    coaching = try Self.flag("Coaching", in: fields)
    status = fields["Status"]
    friendlyName = fields["FriendlyName"]
    days = try DayFilter.all(in: fields)
  }

  /// Reads a boolean, ignoring case, because both official clients capitalise it.
  static func flag(_ name: String, in fields: FormFields) throws(APIError) -> Bool? {
    switch fields[name]?.lowercased() {
    case nil: nil
    case "true": true
    case "false": false
    default: throw .invalid(name)
    }
  }

  /// Returns the query of a link to a page of the same list.
  func link(page: Int, token: String?) -> String {
    var parts: [String] = []
    for filter in days { parts.append("\(PercentEncoding.value(filter.name))=\(filter.day)") }
    if let status { parts.append("Status=\(PercentEncoding.value(status))") }
    if let friendlyName { parts.append("FriendlyName=\(PercentEncoding.value(friendlyName))") }
    if let muted { parts.append("Muted=\(muted)") }
    if let hold { parts.append("Hold=\(hold)") }
    if let coaching { parts.append("Coaching=\(coaching)") }
    parts += ["Page=\(page)", "PageSize=\(size)"]
    if let token { parts.append("PageToken=\(token)") }
    return parts.joined(separator: "&")
  }
}

/// Issues page tokens and remembers where each points.
///
/// A token depends only on the seed, the list and the position, so an unchanged room gives the same bytes again.
struct PageBook: Sendable {
  /// The beginning or end of a page.
  enum Cursor: Sendable, Equatable {
    case start
    /// After the row with this key.
    case after(Int)
    /// Before the row with this key.
    case before(Int)
    /// At this offset in the list at the time of the request, which skips or repeats rows when the list changes.
    case offset(Int)
  }

  private struct Place: Sendable {
    var list: String
    var cursor: Cursor
  }

  /// The maximum number of tokens. At this number all are forgotten; following one of them is then error 21481.
  static let limit = 10_000

  private let seed: UInt64
  private let dialect: any SpaceDialect
  private var places: [String: Place] = [:]

  init(seed: UInt64, dialect: any SpaceDialect) {
    self.seed = seed
    self.dialect = dialect
  }

  mutating func token(_ prefix: String, to cursor: Cursor, in list: String) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in "\(prefix) \(list) \(cursor)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var random = SplitMix64(seed: seed, purpose: hash)
    let token = dialect.pageToken(prefix, &random)
    if places.count >= Self.limit { places = [:] }
    places[token] = Place(list: list, cursor: cursor)
    return token
  }

  /// - Returns: nil for a token that was not issued for this list.
  func cursor(of token: String, in list: String) -> Cursor? {
    guard let place = places[token], place.list == list else { return nil }
    return place.cursor
  }

  /// Returns the rows of a page.
  ///
  /// - Parameter keys: the keys of all rows, ascending.
  static func rows(at cursor: Cursor, size: Int, of keys: [Int]) -> Range<Int> {
    let start: Int
    switch cursor {
    case .start: start = 0
    case .after(let key): start = keys.firstIndex { $0 > key } ?? keys.count
    case .offset(let offset): start = min(offset, keys.count)
    case .before(let key):
      let end = keys.firstIndex { $0 >= key } ?? keys.count
      return max(0, end - size)..<end
    }
    return start..<min(keys.count, start + size)
  }
}

/// A filter of conferences by day: `DateCreated=2026-01-05` for that day, `DateCreated<=` for that day or earlier,
/// `DateCreated>=` for that day or later.
struct DayFilter {
  /// The date that is compared.
  enum Subject: String, CaseIterable {
    case created = "DateCreated"
    case updated = "DateUpdated"
  }

  /// The operator at the end of the field's name; the equals sign after it belongs to the form.
  enum Comparison: String, CaseIterable {
    case same = ""
    case notLater = "<"
    case notEarlier = ">"
  }

  let subject: Subject
  let comparison: Comparison
  /// The day, such as `2026-01-05`.
  let day: String

  var name: String { subject.rawValue + comparison.rawValue }

  /// Returns all day filters of a query.
  static func all(in fields: FormFields) throws(APIError) -> [DayFilter] {
    var filters: [DayFilter] = []
    for subject in Subject.allCases {
      for comparison in Comparison.allCases {
        guard let day = fields[subject.rawValue + comparison.rawValue] else { continue }
        guard isDay(day) else { throw .invalid(subject.rawValue) }
        filters.append(DayFilter(subject: subject, comparison: comparison, day: day))
      }
    }
    return filters
  }

  func admits(created: String, updated: String) -> Bool {
    let date = subject == .created ? created : updated
    return switch comparison {
    case .same: date == day
    case .notLater: date <= day
    case .notEarlier: date >= day
    }
  }

  /// Returns whether a text has the form of a day. Days in this form sort as text.
  private static func isDay(_ text: String) -> Bool {
    text.utf8.count == 10
      && text.utf8.enumerated().allSatisfy { index, byte in
        index == 4 || index == 7 ? byte == UInt8(ascii: "-") : byte.isASCIIDigit
      }
  }
}
