import RollcallCore

/// The transport of one process's polls to the simulated provider.
///
/// Unchecked because everything of a seed runs on one thread.
final class ProviderTransport: HTTPTransport, @unchecked Sendable {
  /// The resource of a request.
  enum Question {
    /// A page; a nil query is the first page.
    case page(conference: String, query: String?)
    case participant(String, conference: String)
    case conference(String)
    case conferences(status: String)
  }

  private let provider: Provider
  private let witness: PollWitness
  /// The `ETag`s of pages, for conditional requests.
  private let tags: PageTags
  /// For tests of the oracles: the process does not see the tags.
  private let hidesTags: Bool
  private let requests = PendingRequests<Reply>()
  /// The resources of earlier requests, by URL.
  private var questions: [String: Question] = [:]
  /// Whether nothing is answered any more, as at the end of a world, when only deliveries are left.
  var isMute = false

  init(_ provider: Provider, witness: PollWitness, tags: PageTags, hidesTags: Bool) {
    self.provider = provider
    self.tags = tags
    self.hidesTags = hidesTags
    self.witness = witness
  }

  /// Whether the process is dead, so that its requests are ignored.
  private var isDead = false

  /// Ends all requests, as the death of the process does.
  func die() {
    isDead = true
    requests.cancelAll()
  }

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    guard !isDead else { throw HTTPFailure(.cancelled, "cancelled") }
    guard let question = question(request.url.reveal()) else {
      throw HTTPFailure(.unreachable, "nobody answers there")
    }
    let named = request.headers.first { $0.name == "If-None-Match" }?.value.reveal()
    let number = witness.sends(question, naming: named)
    let reply = await requests.wait { [provider, isMute] take in
      if isMute { return }
      provider.answer {
        question.answer(from: provider)
      } then: {
        take($0)
      }
    }
    guard let reply, !Task.isCancelled else { throw HTTPFailure(.cancelled, "cancelled") }
    guard case .page(let conference, let query) = question,
      let tag = reply.body.flatMap({ tags.tag(of: $0, by: provider) })
    else {
      witness.receives(reply, to: question, number)
      return try reply.response(comparedWith: request.expected)
    }
    if named == tag {
      // A process that receives a 304 sees the page that it kept, whatever the truth is.
      var answer = Reply(304, "")
      answer.rows = witness.keptPage(of: conference, query)?.rows
      witness.receives(answer, to: question, number, tag: tag)
      return HTTPResponse(status: 304, headers: ["etag": tag], body: .bytes(PaddedBytes([])))
    }
    witness.receives(reply, to: question, number, tag: tag)
    var response = try reply.response(comparedWith: request.expected)
    if !hidesTags { response.headers["etag"] = tag }
    return response
  }

  private func question(_ url: String) -> Question? {
    if let known = questions[url] { return known }
    let question = Self.question(url)
    questions[url] = question
    return question
  }

  /// Parses a URL as the provider does.
  private static func question(_ url: String) -> Question? {
    let start = Provider.origin + Provider.basePath
    guard url.hasPrefix(start) else { return nil }
    let parts = url.dropFirst(start.count).split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let query = parts.count > 1 ? String(parts[1]) : ""
    let names = parts[0].split(separator: "/").map(String.init)
    switch names.count {
    case 0:
      let status = query.split(separator: "&").first { $0.hasPrefix("Status=") }
      return .conferences(status: status.map { String($0.dropFirst("Status=".count)) } ?? "")
    case 1: return .conference(names[0])
    case 2: return .page(conference: names[0], query: query.contains("PageToken=") ? query : nil)
    case 3: return .participant(names[2], conference: names[0])
    default: return nil
    }
  }
}

extension ProviderTransport.Question {
  /// The conference; nil for the list of all.
  var conference: String? {
    switch self {
    case .page(let sid, _), .participant(_, let sid), .conference(let sid): sid
    case .conferences: nil
    }
  }

  fileprivate func answer(from provider: Provider) -> Reply {
    switch self {
    case .page(let sid, let query): provider.list(sid, query: query)
    case .participant(let call, let sid): provider.participant(call, in: sid)
    case .conference(let sid): provider.conference(sid)
    case .conferences(let status): provider.conferences(status)
    }
  }
}

extension Reply {
  /// The body of a page; nil for anything but a 200.
  var body: [UInt8]? {
    if case .response(200, _, let body) = content { body } else { nil }
  }

  /// Returns the reply as a transport's response.
  fileprivate func response(comparedWith expected: PaddedBytes?) throws(HTTPFailure) -> HTTPResponse {
    switch content {
    case .nothing(let failure): throw failure
    case .response(let status, let headers, let body):
      let isExpected = expected.map { $0.count == body.count && $0.bytes.elementsEqual(body) } ?? false
      return HTTPResponse(status: status, headers: headers, body: isExpected ? .asExpected : .bytes(PaddedBytes(body)))
    }
  }
}
