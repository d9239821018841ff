import RollcallTestKit
import Testing

@testable import RollcallCore

/// The body for each service obeys that service's rules.
@Suite struct `A chat service` {
  private static let hostile = [
    "@everyone @here @channel @all", "<!channel> <@U012345> <https://evil.example|click>",
    "**bold** _it_ ~~no~~ `code` ```",
    "[click](https://evil.example)", "# head\n> quote\n- list\n1. one", "&lt;!channel&gt;", ":smile: <:e:1> ||spoil||",
    "{{DATE(2026-01-01T00:00:00Z)}}", "<at>Anna</at>", "\\@everyone \\", "\u{202E}\u{200B}\u{0}\u{7F}\u{85}\u{2028}",
    "\u{FFFD}😀👩‍💻",
    "www.evil.example a@evil.example", "~town-square #tag",
  ]

  private static func text(_ service: ChatService, _ body: [UInt8]) throws -> String {
    let value = try JSONReader.read(body)
    switch service {
    case .slack:
      let section = try #require(value["blocks"]?.asArray?.first)
      let text = try #require(section["text"]?["text"]?.asText)
      #expect(value["text"]?.asText == text && section["text"]?["type"]?.asText == "plain_text")
      return text
    case .discord:
      #expect(value["allowed_mentions"]?["parse"]?.asArray == [])
      return try #require(value["content"]?.asText)
    case .mattermost: return try #require(value["text"]?.asText)
    case .teams:
      let card = try #require(value["attachments"]?.asArray?.first?["content"])
      let blocks = try #require(card["body"]?.asArray)
      return try blocks.map { block in
        #expect(block["type"]?.asText == "RichTextBlock", "in other blocks, Markdown would be interpreted")
        return try #require(block["inlines"]?.asArray).compactMap { $0["text"]?.asText }.joined()
      }.joined(separator: "\n")
    }
  }

  private static func length(_ service: ChatService, _ body: [UInt8]) throws -> Int {
    service == .teams ? body.count : try text(service, body).utf16.count
  }

  private static let limits: [ChatService: Int] = [.slack: 3000, .discord: 2000, .mattermost: 4000, .teams: 21_000]

  /// What the service would interpret if it were in the text.
  private static func flaw(_ service: ChatService, _ text: String) -> String? {
    let forbidden: [String]
    switch service {
    case .slack: forbidden = ["<", ">"]
    case .mattermost: forbidden = ["@e", "@h", "@c", "@a", "<", ":s", "://", "](", "~t", "#t"]
    case .teams: forbidden = ["{{", "}}"]
    case .discord: forbidden = ["://", "@e", "@h", "@a"].map { $0 }
    }
    let bare = service == .discord ? unescapedMarks(text) : nil
    return forbidden.first { text.contains(bytesOf: $0) && service != .discord } ?? bare
  }

  /// Returns a character of Discord's markup without a backslash before it, in the lines after the heading.
  private static func unescapedMarks(_ text: String) -> String? {
    var isEscaped = false
    for scalar in text.unicodeScalars.drop(while: { $0 != "\n" }) {
      if isEscaped {
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else if ["*", "_", "~", "`", "|", "<", ">", "@", "#", "[", "(", ":", "/"].contains(scalar) {
        return String(scalar)
      }
    }
    return nil
  }

  @Test(arguments: ChatService.allCases, hostile)
  func `shows hostile names as they are, with no part of them counting as markup`(service: ChatService, name: String)
    throws
  {
    var poll = ChatPoll()
    poll.add(.participantJoined, "call-1") { $0.participant = ChatPoll.record(label: name) }
    poll.add(.participantUpdated, "call-1") { $0.changes = [FieldChange("label", name, name)] }
    let text = try Self.text(service, poll.body(service))
    #expect(Self.flaw(service, text) == nil, "\(text)")
    #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" }, "\(text)")
    #expect(text.split(separator: "\n").count == 3, "expected three lines, because a name must not add one")
  }

  @Test(arguments: ChatService.allCases, Seeds.first(60))
  func `accepts any poll: valid JSON within its limits, with all sentences counted`(service: ChatService, seed: UInt64)
    throws
  {
    var random = SplitMix64(seed: seed)
    var poll = ChatPoll()
    let scalars = Self.hostile.joined().unicodeScalars.map { $0 } + "abc &&&<<".unicodeScalars
    for number in 0..<Int.random(in: 1...60, using: &random) {
      var label = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...128, using: &random) {
        label.append(scalars.randomElement(using: &random) ?? "&")
      }
      let name = ParticipantState.shortened(String(label))
      poll.add(.participantUpdated, "call-\(number)") {
        $0.participant = ChatPoll.record(label: name)
        $0.changes = [FieldChange("label", name, name), FieldChange("status", name, name)]
      }
    }
    let body = poll.body(service)
    let limit = try #require(Self.limits[service])
    #expect(try Self.length(service, body) <= limit)
    let lines = try Self.text(service, body).split(separator: "\n").dropFirst()
    let remainder = lines.last.flatMap { $0.hasPrefix("+") ? Int($0.dropFirst().prefix { $0 != " " }) : nil }
    let shown = lines.count - (remainder == nil ? 0 : 1)
    #expect(shown + (remainder ?? 0) == poll.events.count && shown > 0)
    #expect(
      Self.flaw(service, lines.joined(separator: "\n").isEmpty ? "" : "\n" + lines.joined(separator: "\n")) == nil)
  }

  @Test(arguments: ChatService.allCases)
  func `accepts the longest possible title and line`(service: ChatService) throws {
    let worst = String(repeating: "&", count: 128)
    var poll = ChatPoll()
    poll.add(.conferenceEnded) { $0.friendlyName = worst }
    for _ in 0..<30 {
      poll.add(.participantUpdated, "c") {
        $0.participant = ChatPoll.record(label: worst)
        $0.changes = ["label", "status"].map { FieldChange($0, worst, worst) }
      }
    }
    let body = poll.body(service)
    #expect(try Self.length(service, body) <= Self.limits[service] ?? 0)
    #expect(try Self.text(service, body).contains(bytesOf: "more"))
  }

  @Test func `a lone surrogate becomes a replacement character in every body`() throws {
    let line =
      #"{"type":"participant.left","call_sid":"c1","participant":{"label":"\ud83d x \udc00"},"participant_count":0}"#
    let event = StoredEvent(
      sequence: 1, id: "evt_1", type: .participantLeft, timestamp: ChatPoll.now, conference: nil,
      call: nil, line: Array(line.utf8) + [0x0A])
    for service in ChatService.allCases {
      let text = try Self.text(service, MessageFormat.chat(service, .none).body(of: event))
      #expect(text.contains(bytesOf: "\u{FFFD} x \u{FFFD} left"))
    }
  }

  @Test(arguments: [
    ("https://d.example/api/webhooks/1/t", "https://d.example/api/webhooks/1/t?wait=true"),
    ("https://d.example/w?thread_id=5", "https://d.example/w?thread_id=5&wait=true"),
    ("https://d.example/w?wait=false&thread_id=5", "https://d.example/w?thread_id=5&wait=true"),
    ("https://d.example/w?", "https://d.example/w?wait=true"),
  ])
  func `Discord is asked to confirm that it stored the message`(url: String, asked: String) {
    #expect(ChatService.discord.address(url) == asked)
    for service in ChatService.allCases where service != .discord { #expect(service.address(url) == url) }
  }

  @Test func `reports only outages of the watch's own events`() {
    let untold = EventType.allCases.filter { !ChatService.reports($0) }
    #expect(untold == [.watchStarted, .watchHeartbeat, .watchStopped])
    #expect(EventType.allCases.allSatisfy(MessageFormat.rollcall.reports))
  }

  @Test(arguments: ChatService.allCases)
  func `equal lines give equal bytes, in the form that the service documents`(service: ChatService) {
    var poll = ChatPoll()
    poll.add(.participantJoined, "call-1234") { $0.participantCount = 2 }
    let line = "• Call …1234 joined · 2 in the room"
    let expected =
      switch service {
      case .slack:
        #"{"text":"Conference …b12f · 08:03:20 UTC\n\#(line)","mrkdwn":false,"blocks":[{"type":"section","text":{"type":"plain_text","#
          + #""text":"Conference …b12f · 08:03:20 UTC\n\#(line)","emoji":false}}],"unfurl_links":false,"unfurl_media":false}"#
      case .discord:
        #"{"content":"**Conference …b12f** · 08:03:20 UTC\n\#(line)","allowed_mentions":{"parse":[]},"flags":4}"#
      case .mattermost: #"{"text":"**Conference …b12f** · 08:03:20 UTC\n\#(line)"}"#
      case .teams:
        #"{"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","contentUrl":null,"#
          + #""content":{"$schema":"http://adaptivecards.io/schemas/adaptive-card.json","type":"AdaptiveCard","version":"1.2","#
          + #""body":[{"type":"RichTextBlock","inlines":[{"type":"TextRun","text":"Conference …b12f","weight":"Bolder"},"#
          + #"{"type":"TextRun","text":" · 08:03:20 UTC"}]},{"type":"RichTextBlock","inlines":[{"type":"TextRun","text":"\#(line)"}]}]}}]}"#
      }
    #expect(String(decoding: poll.body(service), as: UTF8.self) == expected)
    #expect(poll.body(service) == poll.body(service))
  }
}
