package import RollcallCore

/// Which conferences there are.
extension ConferenceAPI {
  /// Pages of one list of conferences at the most.
  package static let maximumConferencePages = 64
  /// Conferences of one list at the most.
  package static let maximumConferences = 20_000

  /// All conferences of the project that have the name and the status, each once, in the provider's order.
  ///
  /// - Parameters:
  ///   - name: the friendly name, exactly; nil for all.
  ///   - status: such as `in-progress`; nil for all.
  /// - Throws: ``ScanFailure``; the list is complete or not given at all.
  package func conferences(
    named name: String? = nil, status: String? = nil
  ) async throws(ScanFailure) -> [ListedConference] {
    var query = query(name, status)
    var asked: Set<String> = [query]
    var known: Set<ConferenceSID> = []
    var found: [ListedConference] = []
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
  ) throws(ScanFailure) -> (rows: [ListedConference], pageSize: Int64?, next: String?) {
    guard let value = ReplyJudgement.json(response) else { throw .malformed(reason: "the reply is not JSON") }
    guard let array = value["conferences"]?.asArray else {
      throw .malformed(reason: "the reply has no conferences array")
    }
    var rows: [ListedConference] = []
    rows.reserveCapacity(array.count)
    for element in array {
      guard let row = ListedConference(element) else { throw .malformed(reason: "a conference without a valid sid") }
      rows.append(row)
    }
    let size = value["page_size"]?.asInteger
    switch value["next_page_uri"] {
    case .none, .null: return (rows, size, nil)
    case .string(let link): return (rows, size, link.isEmpty ? nil : try next(link, space.conferencesPath))
    case .bool, .number, .array, .object: throw .malformed(reason: "next_page_uri is neither a text nor null")
    }
  }
}
