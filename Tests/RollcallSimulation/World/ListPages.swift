import RollcallCore

/// Splits one conference's list into pages, by the plan's paging.
final class ListPages {
  private let room: TrueConference
  private let plan: Plan
  /// The lists for which opaque tokens were issued.
  private var kept: [(token: Int, rows: [ShownRow])] = []
  private var tokens = 0

  init(_ room: TrueConference, plan: Plan) {
    self.room = room
    self.plan = plan
  }

  /// Returns one page of the rows.
  ///
  /// - Returns: the rows and the next page's token; nil if the provider has lost the token.
  func page(_ token: String?, of rows: [ShownRow]) -> (rows: [ShownRow], next: String?)? {
    let all = plan.newestFirst ? rows.reversed() : rows
    guard let token else { return cut(all, from: 0, kept: nil) }
    let parts = token.split(separator: "-").compactMap { Int($0) }
    switch plan.paging {
    case .offset: return parts.first.flatMap { cut(all, from: $0, kept: nil) }
    case .keyset:
      guard let last = parts.first else { return nil }
      let place = all.firstIndex { plan.newestFirst ? $0.stay < last : $0.stay > last }
      return cut(all, from: place ?? all.count, kept: nil)
    case .opaque:
      guard parts.count == 2, let list = kept.first(where: { $0.token == parts[0] }) else { return nil }
      return cut(list.rows, from: parts[1], kept: parts[0])
    }
  }

  private func cut(_ rows: [ShownRow], from place: Int, kept number: Int?) -> ([ShownRow], String?) {
    let shown = Array(rows.dropFirst(place).prefix(plan.pageSize))
    guard place + shown.count < rows.count, let last = shown.last else { return (shown, nil) }
    switch plan.paging {
    case .offset: return (shown, "\(place + shown.count)")
    case .keyset: return (shown, "\(last.stay)")
    case .opaque:
      if let number { return (shown, "\(number)-\(place + shown.count)") }
      tokens += 1
      kept = kept.suffix(8) + [(tokens, rows)]
      return (shown, "\(tokens)-\(place + shown.count)")
    }
  }

  /// Returns the JSON of a page.
  func body(_ rows: [ShownRow], next: String?) -> [UInt8] {
    var body: [UInt8] = []
    body.reserveCapacity(rows.count * 500 + 300)
    body.add(#"{"uri":"/list","page":0,"page_size":"#, "\(plan.pageSize)", #","next_page_uri":"#)
    if let next { body.add("\"", next, "\"") } else { body.add("null") }
    body.add(#","participants":["#)
    for (place, row) in rows.enumerated() {
      if place > 0 { body.append(UInt8(ascii: ",")) }
      body.append(contentsOf: room.stays[row.stay].versions[row.version].row)
    }
    body.add("]}")
    return body
  }
}
