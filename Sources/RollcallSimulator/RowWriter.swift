import RollcallCore

/// Writes participants and conferences in the provider's form.
struct RowWriter: Sendable {
  let project: String
  let start: Timestamp
  let faults: Set<Fault>
  let dialect: any SpaceDialect

  /// What to write for an absent text.
  var absent: String { faults.contains(.emptyStrings) ? "\"\"" : "null" }

  /// Returns a time of the space as a date field.
  private func date(_ moment: Int64) -> String {
    ProviderDate.text(start.milliseconds + moment, longSeptember: faults.contains(.sept))
  }

  func writeDates(of person: SimulatedPerson, into output: inout JSONOutput) {
    output.member("date_created", date(person.joinedAt))
    output.member("date_updated", date(person.updatedAt))
  }

  func uri(of person: SimulatedPerson, in room: SimulatedRoom) -> String {
    path(.participant(room.sid, call: person.callSID)) + Route.suffix
  }

  func path(_ route: Route) -> String { route.path(project: project, dialect: dialect) }

  func write(_ person: SimulatedPerson, of room: SimulatedRoom, into output: inout JSONOutput) {
    output.object { dialect.write(person, of: room, by: self, into: &$0) }
  }

  /// Returns the status in a participant's row.
  func status(of person: SimulatedPerson, in room: SimulatedRoom) -> String {
    dialect.status(faults.contains(.allCompleted) ? .finished : person.stage(at: room.now))
  }

  func writeCall(of person: SimulatedPerson, in room: SimulatedRoom, into output: inout JSONOutput) {
    let call = person.call
    output.object { output in
      output.member("sid", person.callSID)
      output.member("account_sid", project)
      output.member("date_created", date(person.joinedAt))
      output.member("date_updated", date(person.updatedAt))
      output.member("from", call.from)
      output.member("to", call.to)
      output.member("direction", call.isOutbound ? dialect.outbound : "inbound")
      output.member("status", dialect.callStatus(person.stage(at: room.now)))
      output.member("parent_call_sid", nil, absent: absent)
      output.member("uri", path(.call(person.callSID)) + Route.suffix)
    }
  }

  func write(_ room: SimulatedRoom, into output: inout JSONOutput) {
    let path = path(.conference(room.sid))
    output.object { output in
      output.member("sid", room.sid)
      output.member("account_sid", project)
      output.member("date_created", date(0))
      output.member("date_updated", date(room.updatedAt))
      output.member("friendly_name", room.friendlyName)
      output.member("status", room.status.rawValue)
      dialect.writeMore(of: room, by: self, into: &output)
      output.member("region", "us1")
      output.member("uri", path + Route.suffix)
      output.key("subresource_uris")
      output.object { output in
        output.member("participants", path + "/Participants" + Route.suffix)
        output.member("recordings", path + "/Recordings" + Route.suffix)
      }
    }
  }
}

/// Dates in the provider's form, `Wed, 19 Dec 2018 16:28:16 +0000`: RFC 2822 with whole seconds.
enum ProviderDate {
  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  /// Mon, 24 Sep 2018 21:00:00, the source of the documentation's four-letter month.
  static let september: Int64 = 1_537_822_800_000

  /// - Parameters:
  ///   - milliseconds: the time since 1970; not negative.
  ///   - zone: `+0000`, or `GMT` for HTTP headers.
  static func text(_ milliseconds: Int64, longSeptember: Bool = false, zone: String = "+0000") -> String {
    let seconds = max(0, milliseconds) / 1000
    let (dayNumber, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
    let (year, month, day) = civil(dayNumber)
    var name = months[month - 1]
    if longSeptember && month == 9 { name = "Sept" }
    let time = [second / 3600, second / 60 % 60, second % 60].map { padded(Int($0)) }.joined(separator: ":")
    return "\(days[Int(dayNumber % 7)]), \(padded(day)) \(name) \(year) \(time) \(zone)"
  }

  /// Returns the day of a time, such as `2018-12-19`.
  static func day(_ milliseconds: Int64) -> String {
    let (year, month, day) = civil(max(0, milliseconds) / 86_400_000)
    return "\(year)-\(padded(month))-\(padded(day))"
  }

  private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// Converts days since 1970 to a date. Source: Hinnant, "chrono-Compatible Low-Level Date Algorithms".
  private static func civil(_ days: Int64) -> (year: Int64, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    let month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }
}
