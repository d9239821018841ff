package import RollcallCore
import RollcallKit

/// Builds the JSON Schema of the events, which `rollcall help --schema` prints.
///
/// It says what consumers may rely on: unknown types and unknown keys are valid, since new ones may come. Where every
/// `"additionalProperties": true` is made false, it finds keys that are not documented.
enum EventSchema {
  static let text = JSONDocument.text(of: document)

  static var document: JSONValue {
    .members([
      ("$schema", "https://json-schema.org/draft/2020-12/schema"),
      ("title", "Events of rollcall"),
      (
        "description",
        .string("One event is one line of standard output, and the body of one POST. Version \(version).")
      ),
      ("$comment", "Consumers ignore types and keys that they do not know."),
      ("type", "object"),
      ("required", .texts([EventKey.id, .type, .timestamp, .sequence].map(\.rawValue))),
      ("properties", .members([EventKey.id, .type, .timestamp, .sequence].map { ($0.rawValue, $0.schema) })),
      ("allOf", .array(EventType.allCases.map(branch))),
      ("$defs", .members(shared + EventType.allCases.map { ($0.rawValue, definition(of: $0)) })),
    ])
  }

  private static let version = RollcallVersion.number

  /// What holds for one type.
  private static func branch(of type: EventType) -> JSONValue {
    .members([
      ("if", .members([("properties", .members([("type", .members([("const", .string(type.rawValue))]))]))])),
      ("then", .members([("$ref", .string("#/$defs/\(type.rawValue)"))])),
    ])
  }

  private static func definition(of type: EventType) -> JSONValue {
    let required = EventKey.allCases.filter(type.requiredKeys.contains)
    let keys = EventKey.allCases.filter { type.requiredKeys.contains($0) || type.optionalKeys.contains($0) }
    return .members([
      ("description", .string(type.meaning)),
      ("required", .texts(required.map(\.rawValue))),
      ("properties", .members(keys.map { ($0.rawValue, type.schema(of: $0)) })),
      ("additionalProperties", .bool(true)),
    ])
  }

  private static let shared: [(String, JSONValue)] = [
    (
      "time",
      .members([
        ("type", "string"), ("format", "date-time"),
        ("pattern", #"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$"#),
      ])
    ),
    (
      "sid",
      .members([
        ("type", "string"), ("pattern", "^[A-Za-z0-9:_.-]{1,128}$"), ("not", .members([("enum", [".", ".."])])),
      ])
    ),
    ("count", .members([("type", "integer"), ("minimum", 0)])),
    ("flag", .members([("type", "boolean")])),
    ("text", .members([("type", ["string", "null"])])),
  ]
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
  package init(stringLiteral text: String) { self = .string(text) }
  package init(integerLiteral number: Int) { self = .number(text: String(number)) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

  static func members(_ members: [(String, JSONValue)]) -> JSONValue {
    .object(members.map { (key: $0.0, value: $0.1) })
  }

  static func texts(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
}
