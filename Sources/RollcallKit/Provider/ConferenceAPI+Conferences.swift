public import RollcallCore

// MARK: Conference lists

extension ConferenceAPI {
  /// The maximum number of pages of a list of conferences.
  package static let maximumConferencePages = 64
  /// The maximum number of conferences in a list.
  package static let maximumConferences = 20_000

  /// Returns all conferences with the name and the status, each once, in the provider's order.
  ///
  /// - Parameters:
  ///   - name: the exact friendly name; nil for all.
  ///   - status: the status, such as `in-progress`; nil for all.
  /// - Throws: ``ScanFailure`` unless the list is complete.
  package func conferences(
    named name: String? = nil, status: String? = nil
  ) async throws(ScanFailure) -> [Conference] {
    var query = query(name, status)
    var asked: Set<String> = [query]
    var known: Set<ConferenceSID> = []
    var found: [Conference] = []
    var rows = 0
    var isEveryPageShort = true
    for _ in 0..<Self.maximumConferencePages {
      let response = try await send(space.conferencesPath, query: query, limits: .list)
      if let failure = failure(response, query: query) { throw failure }
      let (page, pageSize, next) = try conferencePage(response)
      isEveryPageShort = isEveryPageShort && pageSize.map { page.count < $0 } ?? false
      rows += page.count
      guard rows <= Self.maximumConferences else {
        throw .malformed(reason: "more than \(Self.maximumConferences) conferences")
      }
      let before = found.count
      for conference in page where known.insert(conference.sid).inserted { found.append(conference) }
      guard let next, found.count > before || !isEveryPageShort else { return found }
      guard asked.insert(next).inserted else {
        if isEveryPageShort { return found }
        throw .malformed(reason: "the list repeats a page token")
      }
      query = next
    }
    throw .malformed(reason: "more than \(Self.maximumConferencePages) pages of conferences")
  }

  private func query(_ name: String?, _ status: String?) -> String {
    var parts = [dialect.conferencesQuery]
    if let status { parts.append("Status=\(PercentEncoding.value(status))") }
    if let name { parts.append("FriendlyName=\(PercentEncoding.value(name))") }
    return parts.joined(separator: "&")
  }

  private func conferencePage(
    _ response: HTTPResponse
  ) throws(ScanFailure) -> (rows: [Conference], pageSize: Int64?, next: String?) {
    guard let value = ReplyJudgement.json(response) else { throw .malformed(reason: "the reply is not JSON") }
    guard let array = value["conferences"]?.asArray else {
      throw .malformed(reason: "the reply has no conferences array")
    }
    var rows: [Conference] = []
    rows.reserveCapacity(array.count)
    for element in array {
      guard let row = Conference(element) else { throw .malformed(reason: "a conference has no valid sid") }
      rows.append(row)
    }
    let size = value["page_size"]?.asInteger
    switch value["next_page_uri"] {
    case .none, .null: return (rows, size, nil)
    case .string(let link): return (rows, size, link.isEmpty ? nil : try next(link, space.conferencesPath))
    case .bool, .number, .array, .object: throw .malformed(reason: "next_page_uri is neither a string nor null")
    }
  }
}

/// A conference as listed by the provider.
public struct Conference: Sendable, Equatable {
  /// The conference's id.
  public let sid: ConferenceSID
  /// The name of the conference; empty if the provider gives none.
  public let friendlyName: String
  /// The status: `init`, `in-progress`, `completed` or another text from the provider; empty if it gives none.
  public let status: String
  /// When the conference was created, in whole seconds; nil if the provider gives no valid date.
  public let dateCreated: Timestamp?

  package init(sid: ConferenceSID, friendlyName: String, status: String, dateCreated: Timestamp? = nil) {
    self.sid = sid
    self.friendlyName = friendlyName
    self.status = status
    self.dateCreated = dateCreated
  }

  /// - Returns: nil if the value is not an object with a valid sid.
  init?(_ value: JSONValue) {
    guard let sid = value["sid"]?.asText.flatMap(ConferenceSID.init) else { return nil }
    let seconds = (value["date_created"]?.asText).flatMap { RFC2822Date.seconds(ArraySlice($0.utf8)) }
    self.init(
      sid: sid, friendlyName: value["friendly_name"]?.asText ?? "", status: value["status"]?.asText ?? "",
      dateCreated: seconds.map { Timestamp(milliseconds: 0) + .seconds($0) })
  }
}
