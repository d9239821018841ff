/// A message for an incoming webhook of Slack: a section of plain text, in which nothing is markup or a mention.
///
/// Source: Slack's pages on formatting and on incoming webhooks. `text` is what notifications and old clients show; there
/// `&`, `<` and `>` are written as entities, without which `<!channel>` and links do nothing.
enum SlackMessage: ChatFormat {
  /// UTF-16 units of a section's text.
  static let maximumLength = 3000

  static func write(_ message: ChatMessage) -> (body: [UInt8], length: Int) {
    let lines = message.listed(safe)
    let text = ([safe(message.title) + " · " + message.time] + lines).joined(separator: "\n")
    var plain = ObjectWriter(capacity: text.utf8.count + 64)
    plain.add("type", text: "plain_text")
    plain.add("text", text: text)
    plain.add("emoji", flag: false)
    var section = ObjectWriter(capacity: text.utf8.count + 96)
    section.add("type", text: "section")
    section.add("text", json: plain.finished())
    var body = ObjectWriter(capacity: 2 * text.utf8.count + 256)
    body.add("text", text: text)
    body.add("mrkdwn", flag: false)
    body.add("blocks", json: [UInt8(ascii: "[")] + section.finished() + [UInt8(ascii: "]")])
    body.add("unfurl_links", flag: false)
    body.add("unfurl_media", flag: false)
    return (body.finished(), text.utf16.count)
  }

  private static func safe(_ text: String) -> String {
    escaped(text) { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      default: nil
      }
    }
  }
}
