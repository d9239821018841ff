/// Matches a whole text: `*` is any run of characters, `?` is one, everything else is itself.
enum EventGlob {
  static func matches(_ text: String, pattern: String) -> Bool {
    let text = Array(text.utf8)
    let pattern = Array(pattern.utf8)
    var position = 0
    var at = 0
    var afterStar: Int?
    var resume = 0
    while position < text.count {
      if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
        at += 1
        afterStar = at
        resume = position
      } else if at < pattern.count, pattern[at] == text[position] || pattern[at] == UInt8(ascii: "?") {
        at += 1
        position += 1
      } else if let star = afterStar {
        at = star
        resume += 1
        position = resume
      } else {
        return false
      }
    }
    return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
