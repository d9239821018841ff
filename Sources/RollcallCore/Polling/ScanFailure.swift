/// Why a scan says nothing. A failed scan makes no event and changes no state.
package enum ScanFailure: Error, Equatable, Sendable {
  /// 401 or 403: the token is wrong, or lacks the Voice scope.
  case unauthorised
  /// 429; ask again after so long, where the provider says.
  case throttled(retryAfter: Duration?)
  /// A status that promises nothing, such as 500 or a redirect.
  case unavailable(status: Int, retryAfter: Duration?)
  /// No reply: the network, a limit of time or size.
  case unreachable(reason: String)
  /// A reply that cannot be believed.
  case malformed(reason: String)
  /// The conference's list is unknown to the provider.
  case notFound
  /// The provider no longer knows the page's token.
  case invalidPageToken

  package var outageReason: OutageReason {
    switch self {
    case .unauthorised: .unauthorised
    case .throttled: .throttled
    case .unavailable, .unreachable, .notFound, .invalidPageToken: .pollFailed
    case .malformed: .malformed
    }
  }

  /// How long the provider asks every poll of it to wait.
  package var retryAfter: Duration? {
    switch self {
    case .throttled(let wait), .unavailable(_, let wait): wait
    case .unauthorised, .unreachable, .malformed, .notFound, .invalidPageToken: nil
    }
  }

  /// One line for people.
  package var text: String {
    switch self {
    case .unauthorised: "the provider refused the token"
    case .throttled: "the provider throttles (429)"
    case .unavailable(let status, _): "the provider answered \(status)"
    case .unreachable(let reason): reason
    case .malformed(let reason): reason
    case .notFound: "the provider does not know the list (404)"
    case .invalidPageToken: "the provider refused the page token"
    }
  }
}

/// One page of a list, as it came.
package struct PageReply: Sendable {
  package enum Content: Sendable {
    /// Byte for byte the page that stood there in the last complete scan.
    case unchanged
    /// The page, and how it differs from that one, where there was one.
    case page(Page, PageDelta?)
  }

  package var content: Content
  /// The query string of the next page; nil at the end of the list.
  package var next: String?
  /// What the provider's clock showed, in whole seconds; nil where the reply does not say.
  package var date: Timestamp?

  package init(_ content: Content, next: String?, date: Timestamp? = nil) {
    self.content = content
    self.next = next
    self.date = date
  }
}

/// What `GET …/Participants/{CallSid}` says about somebody who may be gone.
package enum ParticipantReply: Equatable, Sendable {
  case found(ListedParticipant)
  /// 404 with a JSON error.
  case notFound
  /// 403: it says nothing, and goes on saying nothing until somebody changes what the token may do.
  case refused
  /// Anything else: it says nothing.
  case unclear
}

/// What `GET …/Conferences/{Sid}` says.
package enum ConferenceReply: Equatable, Sendable {
  /// `in-progress` or `init`.
  case running
  /// Over; and why, where the provider says so.
  case completed(ConferenceEnding?)
  /// 404 with a JSON error.
  case notFound
  /// Anything else: it says nothing.
  case unclear
}
