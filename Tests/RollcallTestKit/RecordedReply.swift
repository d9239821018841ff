package import RollcallCore

/// A reply of a provider's API, recorded or documented: one of the files of `../shared/data/replies`.
package struct RecordedReply: Sendable {
  package enum Kind: CaseIterable, Sendable {
    case participants, participant, conferences, conference, calls, call, recordings, error
    /// A list from another API, which rollcall does not use.
    case foreign
  }

  package let name: String
  package let bytes: [UInt8]
  package let json: JSONValue

  private init?(_ name: String) {
    guard let bytes = SharedData.bytes(of: "\(Self.folder)/\(name)"), let json = try? JSONReader.read(bytes) else {
      return nil
    }
    self.name = name
    self.bytes = bytes
    self.json = json
  }

  private static let folder = "replies"

  /// All recorded replies; empty if the shared data is absent.
  package static let all: [RecordedReply] = (SharedData.names(in: folder) ?? []).filter { $0.hasSuffix(".json") }
    .compactMap(RecordedReply.init)

  /// Returns the replies of one kind.
  package static func all(_ kind: Kind) -> [RecordedReply] { all.filter { $0.kind == kind } }

  package static func named(_ name: String) -> RecordedReply? { all.first { $0.name == name } }

  package var kind: Kind {
    let lists: [(String, Kind)] = [
      ("participants", .participants), ("conferences", .conferences), ("calls", .calls), ("recordings", .recordings),
    ]
    for (key, kind) in lists where json[key]?.asArray != nil { return kind }
    if json["data"] != nil { return .foreign }
    if json["call_sid"] != nil { return .participant }
    if json["friendly_name"] != nil { return .conference }
    return json["from"] != nil ? .call : .error
  }

  /// The rows of a list of participants.
  package var rows: [JSONValue] { json["participants"]?.asArray ?? [] }
}

extension RecordedReply: CustomStringConvertible {
  package var description: String { name }
}
