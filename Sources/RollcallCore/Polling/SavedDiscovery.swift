/// The last complete discovery answer, as stored. A conference that a later run finds and this answer lacks has begun
/// since.
package struct SavedDiscovery: Equatable, Sendable {
  /// The question that was asked. The answer says nothing about any other question.
  package var question: String
  /// When the question was asked.
  package var askedAt: Timestamp
  /// The conferences in the answer that have had no complete scan, and so no saved room, each with the start of the
  /// last complete answer without that conference; nil if it existed when watching began.
  package var unscanned: [ConferenceSID: Timestamp?]

  package init(question: String, askedAt: Timestamp, unscanned: [ConferenceSID: Timestamp?] = [:]) {
    self.question = question
    self.askedAt = askedAt
    self.unscanned = unscanned
  }

  /// Returns how a conference without a saved room was found.
  func origin(of conference: ConferenceSID) -> ConferenceTracker.Origin {
    guard let known = unscanned[conference] else { return .foundLater(after: askedAt) }
    return known.map { .foundLater(after: $0) } ?? .foundAtStart
  }
}

extension SavedDiscovery {
  /// ``unscanned`` as JSON.
  package var unscannedText: [UInt8] {
    var bytes: [UInt8] = []
    for (conference, moment) in unscanned.sorted(by: { $0.key < $1.key }) {
      bytes.append(UInt8(ascii: bytes.isEmpty ? "{" : ","))
      JSONText.append(conference.text, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      if let moment { JSONText.append(moment.milliseconds, to: &bytes) } else { bytes += Array("null".utf8) }
    }
    return bytes.isEmpty ? Array("{}".utf8) : bytes + [UInt8(ascii: "}")]
  }

  /// Reads the format of ``unscannedText``.
  ///
  /// - Returns: nil if the text has another format.
  package init?(question: String, askedAt: Timestamp, unscannedText: [UInt8]) {
    guard let members = (try? JSONReader.read(unscannedText))?.asObject else { return nil }
    self.init(question: question, askedAt: askedAt)
    for (key, value) in members {
      guard let conference = ConferenceSID(key) else { return nil }
      let moment = value.asInteger
      guard moment != nil || value == .null else { return nil }
      unscanned[conference] = .some(moment.map { Timestamp(milliseconds: $0) })
    }
  }
}

extension ConferenceSelection {
  /// Returns the question that discovery asks, as stored.
  ///
  /// - Parameter redaction: the redaction whose token replaces a redacted name.
  package func question(shard: Shard?, redaction: Redaction?) -> String {
    let shown = { (name: String) in redaction?.redacted(friendlyName: name) ?? name }
    let name =
      switch self {
      case .named(let name): "name \(shown(name))"
      case .matching(let glob): "names \(shown(glob.pattern))"
      case .all: "all"
      }
    return shard.map { "\(name) shard \($0.index)/\($0.count)" } ?? name
  }
}
