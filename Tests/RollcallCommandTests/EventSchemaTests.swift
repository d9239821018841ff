import RollcallCore
import Testing

@testable import rollcall

@Suite struct `The schema of events` {
  @Test func `is one JSON document that survives a round trip`() throws {
    #expect(try JSONReader.read(Array(EventSchema.text.utf8)) == EventSchema.document)
    #expect(EventSchema.text.utf8.allSatisfy { (0x20...0x7e).contains($0) || $0 == 0x0a })
  }

  @Test(arguments: EventType.allCases)
  func `requires for each type the keys that every event of the type has`(type: EventType) throws {
    let part = try #require(EventSchema.document["$defs"]?[type.rawValue])
    let required = try #require(part["required"]?.asArray).compactMap(\.asText)
    #expect(Set(required) == Set(type.requiredKeys.map(\.rawValue)))
    let keys = try #require(part["properties"]?.asObject).map(\.key)
    #expect(Set(keys) == Set(type.requiredKeys.union(type.optionalKeys).map(\.rawValue)))
    #expect(part["additionalProperties"]?.asBool == true)
  }

  @Test func `defines everything that it refers to`() throws {
    let definitions = try #require(EventSchema.document["$defs"]?.asObject).map { "#/$defs/\($0.key)" }
    let references = Self.references(in: EventSchema.document)
    #expect(Set(definitions).symmetricDifference(references) == [])
  }

  private static func references(in value: JSONValue) -> Set<String> {
    switch value {
    case .null, .bool, .number, .string: []
    case .array(let elements): elements.reduce(into: []) { $0.formUnion(references(in: $1)) }
    case .object(let members):
      members.reduce(into: []) { found, member in
        if member.key == "$ref", let target = member.value.asText { found.insert(target) }
        found.formUnion(references(in: member.value))
      }
    }
  }
}
