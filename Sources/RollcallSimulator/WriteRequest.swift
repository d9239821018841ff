import RollcallCore
import RollcallServer

/// The fields of a request that changes something: a form, or the JSON object that Telnyx's clients send.
enum WriteRequest {
  static func fields(of request: ServerRequest) -> FormFields {
    guard request.header("content-type")?.hasPrefix("application/json") == true else { return FormFields(request.body) }
    let members = (try? JSONReader.read(request.body))?.asObject ?? []
    let pairs = members.compactMap { member in
      text(of: member.value).map { "\(PercentForm.encoded(member.key))=\(PercentForm.encoded($0))" }
    }
    return FormFields(pairs.joined(separator: "&"))
  }

  private static func text(of value: JSONValue) -> String? {
    switch value {
    case .string(let text), .number(let text): text
    case .bool(let flag): "\(flag)"
    case .null, .array, .object: nil
    }
  }
}
