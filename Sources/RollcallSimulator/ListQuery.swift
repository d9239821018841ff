import RollcallServer

/// What a list request asks for.
struct ListQuery {
  static let sizes = 1...1000

  var page = 0
  var size: Int
  var token: String?
  var muted: Bool?
  var hold: Bool?
  /// Of interest at Twilio alone.
  var coaching: Bool?
  var status: String?
  var friendlyName: String?
  var days: [DayFilter] = []

  /// - Parameter size: that of a page where the query names none.
  /// - Throws: the error that the provider would answer with.
  init(_ text: String, size: Int) throws(APIError) {
    self.size = size
    let fields = FormFields(text)
    if let text = fields["Page"] {
      guard let number = Int(text), number >= 0 else { throw .invalid("Page") }
      page = number
    }
    if let text = fields["PageSize"] {
      guard let number = Int(text), Self.sizes.contains(number) else { throw .invalid("PageSize") }
      self.size = number
    }
    token = fields["PageToken"]
    muted = try Self.flag("Muted", in: fields)
    hold = try Self.flag("Hold", in: fields)
    coaching = try Self.flag("Coaching", in: fields)
    status = fields["Status"]
    friendlyName = fields["FriendlyName"]
    days = try DayFilter.all(in: fields)
  }

  /// A boolean in any case of letters, as both official clients send them.
  static func flag(_ name: String, in fields: FormFields) throws(APIError) -> Bool? {
    switch fields[name]?.lowercased() {
    case nil: nil
    case "true": true
    case "false": false
    default: throw .invalid(name)
    }
  }

  /// The query of a link to a page of the same list.
  func link(page: Int, token: String?) -> String {
    var parts: [String] = []
    for filter in days { parts.append("\(PercentForm.encoded(filter.name))=\(filter.day)") }
    if let status { parts.append("Status=\(PercentForm.encoded(status))") }
    if let friendlyName { parts.append("FriendlyName=\(PercentForm.encoded(friendlyName))") }
    if let muted { parts.append("Muted=\(muted)") }
    if let hold { parts.append("Hold=\(hold)") }
    if let coaching { parts.append("Coaching=\(coaching)") }
    parts += ["Page=\(page)", "PageSize=\(size)"]
    if let token { parts.append("PageToken=\(token)") }
    return parts.joined(separator: "&")
  }
}
