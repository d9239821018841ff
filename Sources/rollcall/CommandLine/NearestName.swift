/// Finds the name that a typed text probably means.
enum NearestName {
  /// The maximum number of compared characters of the typed text, so that a huge argument costs nothing.
  static let maximumLength = 64

  /// The maximum number of edits for each character of the longer word; beyond it two words are unrelated.
  static let greatestDistance = (edits: 1, characters: 2)

  /// The same limit for words with different first letters, because few typing mistakes change the first letter.
  static let greatestDistanceOfOthers = (edits: 1, characters: 3)

  /// Returns the candidate with the smallest distance, the first of several; nil if none is near.
  static func of(_ text: String, among candidates: [String]) -> String? {
    let typed = Array(text.prefix(maximumLength))
    let found = candidates.map { (name: $0, distance: distance(typed, Array($0))) }.min { $0.distance < $1.distance }
    guard let (name, distance) = found else { return nil }
    let greatest = typed.first == name.first ? greatestDistance : greatestDistanceOfOthers
    return distance * greatest.characters <= max(typed.count, name.count) * greatest.edits ? name : nil
  }

  /// Returns the restricted Damerau–Levenshtein distance: the number of insertions, deletions, substitutions and swaps
  /// of neighbours.
  static func distance(_ left: [Character], _ right: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in left.indices {
      var current = [row + 1]
      for column in right.indices {
        let cost = left[row] == right[column] ? 0 : 1
        var best = min(last[column + 1] + 1, current[column] + 1, last[column] + cost)
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          best = min(best, beforeLast[column - 1] + 1)
        }
        current.append(best)
      }
      beforeLast = last
      last = current
    }
    return last[right.count]
  }
}
