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

/// A message for a webhook of Discord. Nobody is mentioned, links show no preview, and markup in names is escaped.
///
/// Source: Discord's reference of webhooks, messages and `allowed_mentions`. A backslash before a mark that is neither a
/// letter nor a digit has it shown as it is.
enum DiscordMessage: ChatFormat {
  /// UTF-16 units, of which a message has no fewer than the characters that Discord counts.
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

/// A message for a workflow of Microsoft Teams: an Adaptive Card with a block of rich text for each line.
///
/// Source: Microsoft's pages on webhooks and on text features of Adaptive Cards: Markdown counts in a `TextBlock`, and not
/// in the runs of a `RichTextBlock`. Mentions need an entity of their own, and there is none. What stands in double braces
/// is a function of dates in any text, so braces are parted.
enum TeamsMessage: ChatFormat {
  /// Bytes of the whole body. Teams says 28 KB, and less has been seen to be refused.
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
