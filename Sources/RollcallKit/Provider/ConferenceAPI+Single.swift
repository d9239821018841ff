package import RollcallCore

/// Questions about one participant, one call or one conference.
extension ConferenceAPI {
  /// Whether somebody who is not listed is really gone.
  package func participant(_ call: CallSID, in conference: ConferenceSID) async -> ParticipantReply {
    let path = "\(participantsPath(conference))/\(PercentEncoding.segment(call.text))"
    guard let response = await ask(path) else { return .unclear }
    if ReplyJudgement.isNotFound(response) { return .notFound }
    if ReplyJudgement.failure(response, dialect)?.isRefusal == true { return .refused }
    guard response.status == 200, let found = row(response, conference), found.callSID == call else { return .unclear }
    return .found(found)
  }

  /// A single participant is read by the very rules of a row in a page.
  private func row(_ response: HTTPResponse, _ conference: ConferenceSID) -> ListedParticipant? {
    // Only a whole object may go into the page made here: other bytes could end it and begin something else.
    guard ReplyJudgement.json(response)?.asObject != nil, case .bytes(let body) = response.body else { return nil }
    var reader = PageReader()
    let page = PaddedBytes(Array(#"{"participants":["#.utf8) + body.bytes + Array("]}".utf8))
    guard let read = try? reader.read(page, conference: conference), read.rows.count == 1 else { return nil }
    return read.participant(0)
  }

  /// Who calls whom in a participant's call. A reply about another call says nothing.
  package func call(_ call: CallSID) async -> CallReply {
    guard let response = await ask("\(space.callsPath)/\(PercentEncoding.segment(call.text))") else { return .unclear }
    if ReplyJudgement.isNotFound(response) { return dialect.knowsCallsLate ? .unclear : .notFound }
    if failure(response)?.isRefusal == true { return .refused }
    guard response.status == 200, let found = ReplyJudgement.json(response),
      found["sid"]?.asText.flatMap(CallSID.init) == call
    else { return .unclear }
    return .found(CallDetails(found))
  }

  /// Whether a conference runs.
  package func conference(_ sid: ConferenceSID) async -> ConferenceReply {
    guard let response = await ask(conferencePath(sid)) else { return .unclear }
    if ReplyJudgement.isNotFound(response) { return .notFound }
    if ReplyJudgement.failure(response, dialect)?.isRefusal == true { return .refused }
    guard response.status == 200, let value = ReplyJudgement.json(response), let found = ListedConference(value),
      found.sid == sid
    else { return .unclear }
    return switch found.status {
    case "completed": .completed(ConferenceEnding(value))
    case "in-progress", "init": .running
    default: .unclear
    }
  }

  /// The reply, whatever it says; nil where there is none.
  private func ask(_ path: String) async -> HTTPResponse? {
    guard let response = try? await send(path, limits: .single) else { return nil }
    if let failure = failure(response), failure.concernsOrigin { await onPause(failure) }
    return response
  }

  /// A conference with its name.
  ///
  /// - Throws: ``ScanFailure/notFound`` for any 404, ``ScanFailure/malformed(reason:)`` where another one is described.
  package func details(of sid: ConferenceSID) async throws(ScanFailure) -> ListedConference {
    let response = try await send(conferencePath(sid), limits: .single)
    if let failure = failure(response) { throw failure }
    guard let found = listed(response, sid) else { throw .malformed(reason: "the reply is not that conference") }
    return found
  }

  private func listed(_ response: HTTPResponse, _ sid: ConferenceSID) -> ListedConference? {
    guard let found = ReplyJudgement.json(response).flatMap(ListedConference.init), found.sid == sid else { return nil }
    return found
  }
}

extension ScanFailure {
  /// Whether everybody who asks the origin has to heed it.
  fileprivate var concernsOrigin: Bool {
    if case .throttled = kind { return true }
    return retryAfter != nil
  }
}
