/// A message for an incoming webhook of Slack: a section of plain text, in which nothing is markup or a mention.
///
/// Source: Slack's pages on formatting and on incoming webhooks. Notifications and old clients show `text`. There, `&`,
/// `<` and `>` are written as entities, so that `<!channel>` and links have no effect.
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

/// A message for a webhook of Discord. It mentions nobody, its links show no preview, and markup in names is escaped.
///
/// Source: Discord's reference of webhooks, messages and `allowed_mentions`. A backslash makes Discord show the next
/// character as it is, unless that is a letter or a digit.
enum DiscordMessage: ChatFormat {
  /// In UTF-16 units: a message never has fewer of them than of the characters that Discord counts.
  static let maximumLength = 2000
  private static let suppressEmbeds = 1 << 2

  static func write(_ message: ChatMessage) -> (body: [UInt8], length: Int) {
    let lines = message.listed(safe)
    let text = (["**\(safe(message.title))** · \(message.time)"] + lines).joined(separator: "\n")
    var mentions = ObjectWriter(capacity: 16)
    mentions.add("parse", json: Array("[]".utf8))
    var body = ObjectWriter(capacity: text.utf8.count + 128)
    body.add("content", text: text)
    body.add("allowed_mentions", json: mentions.finished())
    body.add("flags", number: suppressEmbeds)
    return (body.finished(), text.utf16.count)
  }

  private static func safe(_ text: String) -> String {
    escaped(text) { scalar in
      switch scalar {
      case "\\", "*", "_", "~", "`", "|", ">", "<", "#", "[", "]", "(", ")", "@", ":", "/", "-", "!", "+", ".":
        "\\\(scalar)"
      default: nil
      }
    }
  }
}

/// A message for an incoming webhook of Mattermost.
///
/// Source: Mattermost's page on incoming webhooks. Mentions cannot be turned off: the server looks for `@` immediately
/// followed by a name, so a zero-width space is inserted between them. The same goes for `:` before an emoji's name,
/// `#` before a tag and `~` before a channel. `<` could begin one of Slack's mentions, which Mattermost translates.
enum MattermostMessage: ChatFormat {
  /// In UTF-16 units. Servers accept 16 383 characters, old ones 4000, and split longer messages.
  static let maximumLength = 4000

  static func write(_ message: ChatMessage) -> (body: [UInt8], length: Int) {
    let lines = message.listed(safe)
    // A single newline is a line break in Mattermost.
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

/// A message for a workflow of Microsoft Teams: an Adaptive Card with a block of rich text for each line.
///
/// Source: Microsoft's pages on webhooks and on text features of Adaptive Cards: a `TextBlock` interprets Markdown, and
/// the runs of a `RichTextBlock` do not. A mention needs an entity in the card, and there is none. Double braces
/// enclose date functions in any text, so braces are separated.
enum TeamsMessage: ChatFormat {
  /// In bytes of the whole body. Teams documents 28 KB, but has been seen to refuse less.
  static let maximumLength = 18_000
  private static let schema = "http://adaptivecards.io/schemas/adaptive-card.json"

  static func write(_ message: ChatMessage) -> (body: [UInt8], length: Int) {
    let lines = message.listed(safe)
    let title = block([run(safe(message.title), isStrong: true), run(" · \(message.time)")])
    var card = ObjectWriter(capacity: 1024)
    card.add("$schema", text: schema)
    card.add("type", text: "AdaptiveCard")
    card.add("version", text: "1.2")
    card.add("body", json: array([title] + lines.map { block([run($0)]) }))
    var attachment = ObjectWriter(capacity: 1024)
    attachment.add("contentType", text: "application/vnd.microsoft.card.adaptive")
    attachment.add("contentUrl", text: nil)
    attachment.add("content", json: card.finished())
    var body = ObjectWriter(capacity: 1024)
    body.add("type", text: "message")
    body.add("attachments", json: array([attachment.finished()]))
    let bytes = body.finished()
    return (bytes, bytes.count)
  }

  private static func block(_ runs: [[UInt8]]) -> [UInt8] {
    var block = ObjectWriter(capacity: 256)
    block.add("type", text: "RichTextBlock")
    block.add("inlines", json: array(runs))
    return block.finished()
  }

  private static func run(_ text: String, isStrong: Bool = false) -> [UInt8] {
    var run = ObjectWriter(capacity: text.utf8.count + 64)
    run.add("type", text: "TextRun")
    run.add("text", text: text)
    if isStrong { run.add("weight", text: "Bolder") }
    return run.finished()
  }

  private static func array(_ elements: [[UInt8]]) -> [UInt8] {
    [UInt8(ascii: "[")] + elements.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")]
  }

  private static func safe(_ text: String) -> String {
    escaped(text) { scalar in
      switch scalar {
      case "{", "}": "\(scalar)\u{200B}"
      default: nil
      }
    }
  }
}
