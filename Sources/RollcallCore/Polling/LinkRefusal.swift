/// Why a link to a next page is not followed. The scan has failed then.
package enum LinkRefusal: Error, Equatable, Sendable {
  case tooLong
  /// White space, a control character, a backslash, or a character that no query needs.
  case character
  /// A percent sign that is not followed by two hexadecimal digits, or that hides a control character.
  case percentEncoding
  case fragment
  case otherOrigin
  /// The path is not the list's own: another account, another conference, dot segments.
  case otherList
  /// Without a query the link would lead back to the first page.
  case noQuery

  /// One line for people; nothing of the link is in it.
  package var text: String {
    switch self {
    case .tooLong: "next_page_uri is longer than \(NextPageLink.maximumLength) bytes"
    case .character: "next_page_uri has a character that is not allowed"
    case .percentEncoding: "next_page_uri is not percent-encoded properly"
    case .fragment: "next_page_uri has a fragment"
    case .otherOrigin: "next_page_uri names another origin"
    case .otherList: "next_page_uri names another list"
    case .noQuery: "next_page_uri has no query"
    }
  }
}
