/// Why a scan failed. A failed scan emits no event and changes no state.
///
/// Failures of one kind are equal, whatever ``said`` and ``remedy`` are.
package struct ScanFailure: Error, Sendable {
  package enum Kind: Equatable, Sendable {
    /// 401: the token is wrong.
    case unauthorised
    /// 403: the token may not do this, or the account may not do anything.
    case forbidden
    /// 429; retry after this time if the provider gives one.
    case throttled(retryAfter: Duration?)
    /// A status that may not last, such as 500 or a redirect.
    case unavailable(status: Int, retryAfter: Duration?)
    /// No whole reply: a network error, or a limit of time or size.
    case unreachable(reason: String)
    /// An invalid reply.
    case malformed(reason: String)
    /// The conference's list is unknown to the provider.
    case notFound
    /// The provider no longer knows the page's token.
    case invalidPageToken
  }

  package let kind: Kind
  /// What the provider said: code and message, or where a redirect points. Safe to show, and short; see ``Excerpt``.
  package let said: String?
  /// What to do about this failure, such as `give that CA with --ca-file`.
  package let remedy: String?

  package init(_ kind: Kind, said: String? = nil, remedy: String? = nil) {
    self.kind = kind
    self.said = said
    self.remedy = remedy
  }

  package static let unauthorised = ScanFailure(.unauthorised)
  package static let forbidden = ScanFailure(.forbidden)
  package static let notFound = ScanFailure(.notFound)
  package static let invalidPageToken = ScanFailure(.invalidPageToken)

  package static func throttled(retryAfter: Duration?) -> ScanFailure {
    ScanFailure(.throttled(retryAfter: retryAfter))
  }

  package static func unavailable(status: Int, retryAfter: Duration?) -> ScanFailure {
    ScanFailure(.unavailable(status: status, retryAfter: retryAfter))
  }

  package static func unreachable(reason: String) -> ScanFailure { ScanFailure(.unreachable(reason: reason)) }

  package static func malformed(reason: String) -> ScanFailure { ScanFailure(.malformed(reason: reason)) }

  /// Whether the provider refused the credentials, or what was requested with them.
  package var isRefusal: Bool { kind == .unauthorised || kind == .forbidden }

  package var outageReason: OutageReason {
    switch kind {
    case .unauthorised, .forbidden: .unauthorised
    case .throttled: .throttled
    case .unavailable, .unreachable, .notFound, .invalidPageToken: .pollFailed
    case .malformed: .malformed
    }
  }

  /// How long the provider asks every request to wait.
  package var retryAfter: Duration? {
    switch kind {
    case .throttled(let wait), .unavailable(_, let wait): wait
    case .unauthorised, .forbidden, .unreachable, .malformed, .notFound, .invalidPageToken: nil
    }
  }

  /// Whether repeating the request cannot help.
  package var isPermanent: Bool {
    switch kind {
    case .unavailable(status: 400, _), .unavailable(status: 405, _): true
    case .unauthorised, .forbidden, .throttled, .unavailable, .unreachable, .malformed, .notFound, .invalidPageToken:
      false
    }
  }

  /// The failure without sids and telephone numbers in what the provider said, for logs of redacted streams.
  package var withoutIdentifiers: ScanFailure {
    ScanFailure(kind, said: said.map(ErrorRedaction.withoutIdentifiers), remedy: remedy)
  }

  /// A one-line description: what happened, and what the provider said.
  package var text: String { text(of: fact) }

  /// A one-line description of a failed request about one conference.
  package var textOfConference: String { text(of: kind == .notFound ? "there is no such conference" : fact) }

  private func text(of fact: String) -> String { said.map { "\(fact): \($0)" } ?? fact }

  private var fact: String {
    switch kind {
    case .unauthorised: "the provider refused the token"
    case .forbidden: "the provider refused the request (403)"
    case .throttled: "the provider is throttling requests (429)"
    case .unavailable(let status, _): "the provider answered \(status)"
    case .unreachable(let reason): reason
    case .malformed(let reason): reason
    case .notFound: "the provider does not know the list (404)"
    case .invalidPageToken: "the provider refused the page token"
    }
  }
}

extension ScanFailure: Equatable {
  package static func == (left: ScanFailure, right: ScanFailure) -> Bool { left.kind == right.kind }
}

/// One page of a list, as received.
package struct PageReply: Sendable {
  package enum Content: Sendable {
    /// Byte for byte the page at this place in the last complete scan.
    case unchanged
    /// The page, and how it differs from that one, if there was one.
    case page(Page, PageDelta?)
  }

  package var content: Content
  /// The query string of the next page; nil at the end of the list.
  package var next: String?
  /// The provider's time, in whole seconds; nil if the reply has no date.
  package var date: Timestamp?
  /// The validators of the page for the next scan; nil keeps those of the old page.
  package var validators: PageValidators?
  /// Whether the page has the old page's `ETag` but other bytes, so that the provider's tags cannot be trusted.
  package var contradictsETag: Bool

  package init(
    _ content: Content, next: String?, date: Timestamp? = nil, validators: PageValidators? = nil,
    contradictsETag: Bool = false
  ) {
    self.content = content
    self.next = next
    self.date = date
    self.validators = validators
    self.contradictsETag = contradictsETag
  }
}

/// What `GET …/Participants/{CallSid}` says about a participant who may have left.
package enum ParticipantReply: Equatable, Sendable {
  case found(ParticipantRow)
  /// 404 with a JSON error.
  case notFound
  /// 401 or 403: it says nothing, and will not until the token's permissions change.
  case refused
  /// Anything else: it says nothing.
  case unclear
}

/// What `GET …/Conferences/{Sid}` says.
package enum ConferenceReply: Equatable, Sendable {
  /// `in-progress` or `init`.
  case running
  /// Over, and why, if the provider says so.
  case completed(ConferenceEnding?)
  /// 404 with a JSON error.
  case notFound
  /// 401 or 403: it says nothing, like an unclear reply.
  case refused
  /// Anything else: it says nothing.
  case unclear
}
