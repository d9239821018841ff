import RollcallCore

/// The provider's own description of an error.
enum ProviderWords {
  /// The number of bytes of a web page that are searched for its title.
  private static let maximumRead = 4096
  private static let title = (begin: Array("<title>".utf8), end: Array("</title>".utf8))

  /// Returns the code and message, such as `20005 Account not active`, the host that a redirect points to, or the title
  /// of a web page; nil if there are none.
  ///
  /// - Parameter secrets: secrets that the text may repeat.
  static func of(_ response: HTTPResponse, hiding secrets: [Secret]) -> String? {
    if (300..<400).contains(response.status) { return RedirectHost.text(of: response) }
    let words = ReplyJudgement.json(response).map(words) ?? page(response)
    return words.map { Excerpt.of($0, hiding: secrets) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Returns the code of an error, which is an integer or a text; of several errors, the first one's.
  static func code(of value: JSONValue) -> String? { first(of: value)?["code"].flatMap(plain) }

  private static func words(of value: JSONValue) -> String? {
    guard let error = first(of: value) else { return nil }
    let texts = ["message", "title", "detail", "error", "error_description"].compactMap { error[$0]?.asText }
    let parts = [error["code"].flatMap(plain), texts.isEmpty ? nil : texts.joined(separator: ": ")].compactMap(\.self)
    return parts.isEmpty ? nil : parts.joined(separator: " ")
  }

  private static func first(of value: JSONValue) -> JSONValue? {
    guard let errors = value["errors"] else { return value.asObject == nil ? nil : value }
    return errors.asArray?.first ?? errors
  }

  private static func plain(_ code: JSONValue) -> String? {
    if case .number(let text) = code { text } else { code.asText }
  }

  /// Describes a web page, as sent by proxies and other servers in between, by its title.
  private static func page(_ response: HTTPResponse) -> String? {
    guard case .bytes(let body) = response.body, body.bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "<") else {
      return nil
    }
    let name = "a web page, not the provider's own answer"
    let begin = body.bytes.prefix(maximumRead)
    let lowercase = begin.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    guard let start = lowercase.range(ofRun: title.begin)?.upperBound,
      let end = lowercase[start...].range(ofRun: title.end)?.lowerBound
    else { return name }
    return "\(name): \(String(decoding: Array(begin)[start..<end], as: UTF8.self))"
  }
}
