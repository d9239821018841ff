package import RollcallCore

/// A question that changes nothing and needs nothing but the credentials.
extension ConferenceAPI {
  private static let probeQuery = "PageSize=1"

  /// Asks for one conference of any kind.
  ///
  /// - Returns: the reply's own date; nil where it says none.
  /// - Throws: ``ScanFailure`` for anything but a list of conferences.
  package func probe() async throws(ScanFailure) -> Timestamp? {
    let response = try await send(space.conferencesPath, query: Self.probeQuery, limits: .list)
    if let failure = failure(response) { throw failure }
    guard ReplyJudgement.json(response)?["conferences"]?.asArray != nil else {
      throw .malformed(reason: "the reply has no conferences array")
    }
    return response.date
  }
}
