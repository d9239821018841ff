import RollcallCore

/// Hands out page tokens and remembers where each of them points.
///
/// A token depends on the seed, the list and the place only, so an unchanged room gives the same bytes again.
struct PageBook: Sendable {
  /// Where a page begins or ends.
  enum Cursor: Sendable, Equatable {
    case start
    /// Behind the row of this key.
    case after(Int)
    /// Before the row of this key.
    case before(Int)
    /// At this place of the list as it is then: how paging goes wrong.
    case offset(Int)
  }

  private struct Place: Sendable {
    var list: String
    var cursor: Cursor
  }

  /// Tokens at the most; then all of them are forgotten, and following one is error 21481.
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

  /// - Returns: nil for a token that was not given out for this list.
  func cursor(of token: String, in list: String) -> Cursor? {
    guard let place = places[token], place.list == list else { return nil }
    return place.cursor
  }

  /// Which rows a page shows.
  ///
  /// - Parameter keys: of all rows, ascending.
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
