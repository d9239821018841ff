import RollcallServer

/// What a list request asks for.
struct ListQuery {
  static let defaultSize = 50
  static let sizes = 1...1000

  var page = 0
  var size = Self.defaultSize
  var token: String?
  var muted: Bool?
  var hold: Bool?
  var status: String?
  var friendlyName: String?
  var days: [DayFilter] = []

  /// - Throws: the error that the provider would answer with.
  init(_ text: String) throws(APIError) {
    let fields = FormFields(text)
    if let text = fields["Page"] {
      guard let number = Int(text), number >= 0 else { throw .invalid("Page") }
      page = number
    }
    if let text = fields["PageSize"] {
      guard let number = Int(text), Self.sizes.contains(number) else { throw .invalid("PageSize") }
      size = number
    }
    token = fields["PageToken"]
    muted = try Self.flag("Muted", in: fields)
    hold = try Self.flag("Hold", in: fields)
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
    for filter in days { parts.append("\(Self.encoded(filter.name))=\(filter.day)") }
    if let status { parts.append("Status=\(Self.encoded(status))") }
    if let friendlyName { parts.append("FriendlyName=\(Self.encoded(friendlyName))") }
    if let muted { parts.append("Muted=\(muted)") }
    if let hold { parts.append("Hold=\(hold)") }
    parts += ["Page=\(page)", "PageSize=\(size)"]
    if let token { parts.append("PageToken=\(token)") }
    return parts.joined(separator: "&")
  }

  private static func encoded(_ text: String) -> String {
    text.utf8.map { byte in
      let scalar = Unicode.Scalar(byte)
      let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
      if isPlain || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") { return String(scalar) }
      return (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
    }.joined()
  }
}
