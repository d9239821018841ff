import RollcallCore

/// Writes participants and conferences as the provider does.
struct RowWriter: Sendable {
  let project: String
  let start: Timestamp
  let faults: Set<Fault>

  /// What stands for no text.
  var absent: String { faults.contains(.emptyStrings) ? "\"\"" : "null" }

  /// What a date field says of a moment of the space.
  private func date(_ moment: Int64) -> String {
    ProviderDate.text(start.milliseconds + moment, longSeptember: faults.contains(.sept))
  }

  func write(_ person: SimulatedPerson, of room: SimulatedRoom, into output: inout JSONOutput) {
    output.object { output in
      output.member("account_sid", project)
      output.member("call_sid", person.callSID)
      output.member("call_sid_to_coach", person.coached, absent: absent)
      output.member("coaching", person.coaching)
      output.member("conference_sid", room.sid)
      output.member("date_created", date(person.joinedAt))
      output.member("date_updated", date(person.updatedAt))
      output.member("end_conference_on_exit", person.endsOnExit)
      output.member("hold", person.hold)
      output.member("muted", person.muted)
      output.member("start_conference_on_enter", person.startsOnEnter)
      output.member("status", person.leftAt == nil ? "in-progress" : "completed")
      let route = Route.participant(room.sid, call: person.callSID)
      output.member("uri", route.path(project: project) + ".json")
    }
  }

  func write(_ room: SimulatedRoom, into output: inout JSONOutput) {
    let path = Route.conference(room.sid).path(project: project)
    output.object { output in
      output.member("sid", room.sid)
      output.member("account_sid", project)
      output.member("date_created", date(0))
      output.member("date_updated", date(room.updatedAt))
      output.member("friendly_name", room.friendlyName)
      output.member("status", room.status.rawValue)
      output.member("api_version", Route.version)
      output.member("region", "us1")
      output.member("uri", path + ".json")
      output.key("subresource_uris")
      output.object { output in
        output.member("participants", path + "/Participants.json")
        output.member("recordings", path + "/Recordings.json")
      }
    }
  }
}
