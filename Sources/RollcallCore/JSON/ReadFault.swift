/// What stopped a reader, and where. The readers' own currency; callers get a ``JSONError`` or a ``PageError``.
struct ReadFault: Error, Equatable {
  enum Reason: Equatable {
    case json(JSONFlaw)
    case row(RowFlaw)
    case page(PageFlaw)
  }

  let reason: Reason
  /// Bytes from the start of the document.
  let offset: Int

  init(_ flaw: JSONFlaw, at offset: Int) {
    reason = .json(flaw)
    self.offset = offset
  }

  init(_ flaw: RowFlaw, at offset: Int) {
    reason = .row(flaw)
    self.offset = offset
  }

  init(_ flaw: PageFlaw, at offset: Int) {
    reason = .page(flaw)
    self.offset = offset
  }
}

/// Where the bytes are no JSON.
enum JSONFlaw: String {
  case value = "a value was expected"
  case key = "a key in quotes was expected"
  case colon = "a colon was expected"
  case separator = "a comma or the closing bracket was expected"
  case control = "a raw control character, or the end, inside a string"
  case escape = "an unknown escape in a string"
  case utf8 = "bytes that are not UTF-8"
  case number = "a digit was expected"
  case depth = "nested more than 64 levels deep"
  case trailing = "something follows the value"
}

/// Why a participant's row cannot be believed.
enum RowFlaw: String {
  case notObject = "the row is no object"
  case repeatedKey = "a documented key stands twice"
  case notBoolean = "a boolean field is neither true, false nor null"
  case callSID = "call_sid is absent or not valid"
  case otherConference = "the row names another conference"
}

/// Why a reply is no page of participants.
enum PageFlaw: String {
  case notObject = "the reply is no object"
  case noParticipants = "the reply has no participants array"
  case repeatedKey = "participants or next_page_uri stands twice"
  case nextPage = "next_page_uri is neither a text nor null"
  case size = "the reply is larger than a page may be"
}
