/// A message for an incoming webhook of Mattermost.
///
/// Source: Mattermost's page on incoming webhooks. There is no switch that turns mentions off: the server looks for `@`
/// and a name without anything between them, so a space of no width is put there. The same parts `:` from the name of an
/// emoji, and `#` and `~` from those of a tag and a channel. `<` would begin one of Slack's mentions, which are translated.
enum MattermostMessage: ChatFormat {
  /// Characters, counted as UTF-16 units. Servers take 16 383, old ones 4000, and split what is longer.
  static let maximumLength = 4000

  static func write(_ message: ChatMessage) -> (body: [UInt8], length: Int) {
    let lines = message.listed(safe)
    // One line break alone is a line break there.
    let text = (["**\(safe(message.title))** · \(message.time)"] + lines).joined(separator: "\n")
    var body = ObjectWriter(capacity: text.utf8.count + 32)
    body.add("text", text: text)
    return (body.finished(), text.utf16.count)
  }

  private static func safe(_ text: String) -> String {
    escaped(text) { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "@", ":": "\(scalar)\u{200B}"
      case "#", "~": "\\\(scalar)\u{200B}"
      case "\\", "*", "_", "`", "|", "[", "]", "(", ")", "{", "}", "!", ".", "-", "+": "\\\(scalar)"
      default: nil
      }
    }
  }
}
