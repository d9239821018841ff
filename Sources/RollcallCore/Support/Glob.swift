/// A case-sensitive pattern for names: `*` matches any text, `?` one character, everything else itself.
public struct Glob: Hashable, Sendable, CustomStringConvertible {
  /// The pattern as given.
  public let pattern: String
  /// Characters as people see them, so that `?` matches one however many code points it has.
  private let symbols: [Character]

  /// Makes a pattern of any text: nothing in it is an error.
  public init(_ pattern: String) {
    self.pattern = pattern
    symbols = Array(pattern)
  }

  public var description: String { pattern }

  /// Whether the pattern has no wildcards and so matches only itself.
  public var isExact: Bool { !symbols.contains { $0 == "*" || $0 == "?" } }

  /// Whether the whole text matches. Takes at most (pattern length) × (text length) steps.
  public func matches(_ text: String) -> Bool {
    let characters = Array(text)
    var symbol = 0
    var character = 0
    // Only the last star needs to be widened, because widening an earlier one cannot lead to another match.
    var star: (symbol: Int, character: Int)?
    while character < characters.count {
      if symbol < symbols.count, symbols[symbol] == "*" {
        star = (symbol, character)
        symbol += 1
      } else if symbol < symbols.count, symbols[symbol] == "?" || symbols[symbol] == characters[character] {
        symbol += 1
        character += 1
      } else if let last = star {
        star = (last.symbol, last.character + 1)
        symbol = last.symbol + 1
        character = last.character + 1
      } else {
        return false
      }
    }
    return symbols[symbol...].allSatisfy { $0 == "*" }
  }
}
