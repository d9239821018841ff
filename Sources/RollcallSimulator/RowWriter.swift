import RollcallCore

/// Writes participants and conferences as the provider does.
struct RowWriter: Sendable {
  let project: String
  let start: Timestamp
  let faults: Set<Fault>
  let dialect: any SpaceDialect

  /// What stands for no text.
  var absent: String { faults.contains(.emptyStrings) ? "\"\"" : "null" }

  /// What a date field says of a moment of the space.
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

  /// What a participant's row gives as their status.
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
