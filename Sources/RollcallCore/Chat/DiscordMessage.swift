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
