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
