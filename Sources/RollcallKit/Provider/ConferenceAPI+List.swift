package import RollcallCore

/// Lists of participants as somebody asks for them, once.
extension ConferenceAPI {
  /// One page of a list as the caller filters and pages it.
  package func list(
    _ conference: ConferenceSID, query: ParticipantListQuery
  ) async throws(ScanFailure) -> PageReply {
    var reader = PageReader()
    // An empty query asks for the provider's own page size.
    return try await page(of: conference, query: query.text ?? "", comparedWith: nil, reader: &reader)
  }

  /// Everybody in a list as the caller filters it, all pages of it, within the limits of a scan and by its rules.
  package func people(
    in conference: ConferenceSID, query: ParticipantListQuery
  ) async throws(ScanFailure) -> [ListedParticipant] {
    let first = [dialect.participantsQuery, query.text ?? ""].filter { !$0.isEmpty }.joined(separator: "&")
    var reader = PageReader()
    var scan = Scan(start: Timestamp(milliseconds: 0))
    var next: String? = first
    while let query = next {
      do throws(ScanFailure) {
        let reply = try await page(of: conference, query: query, comparedWith: nil, reader: &reader)
        next = try scan.take(reply, comparedWith: nil)
      } catch {
        guard error == .invalidPageToken, scan.restart() else { throw error }
        next = first
      }
    }
    return scan.people
  }
}
