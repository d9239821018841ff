/// A pattern for names: `*` stands for any text, `?` for one character, everything else for itself, case and all.
public struct Glob: Hashable, Sendable, CustomStringConvertible {
  /// The pattern as it was given.
  public let pattern: String
  private let symbols: [Character]

  public init(_ pattern: String) {
    self.pattern = pattern
    symbols = Array(pattern)
  }

  public var description: String { pattern }

  /// Whether the pattern has neither `*` nor `?`, and so matches nothing but itself.
  public var isExact: Bool { !symbols.contains { $0 == "*" || $0 == "?" } }

  /// Whether the whole text matches. Takes at most (length of the pattern) × (length of the text) steps.
  public func matches(_ text: String) -> Bool {
    let characters = Array(text)
    var symbol = 0
    var character = 0
    // Only the last star is ever widened: what an earlier one took cannot matter any more.
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
