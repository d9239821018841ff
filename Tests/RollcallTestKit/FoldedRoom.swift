package import RollcallCore

/// The knowledge of a consumer that folds the events of a conference, line by line.
package struct FoldedRoom: Equatable, Sendable {
  package struct Person: Equatable, Sendable {
    package var muted = false
    package var hold = false
    package var coaching = false
    package var target: String?
    package var endsOnExit = false
    package var status: String?

    package init(
      muted: Bool = false, hold: Bool = false, coaching: Bool = false, target: String? = nil,
      endsOnExit: Bool = false, status: String? = nil
    ) {
      self.muted = muted
      self.hold = hold
      self.coaching = coaching
      self.target = target
      self.endsOnExit = endsOnExit
      self.status = status
    }
  }

  package private(set) var people: [String: Person] = [:]
  package private(set) var hasEnded = false
  /// The raised alerts, each with the time since which its state was seen.
  package private(set) var alerts: [Alert: Timestamp] = [:]
  /// The contradictions found so far.
  package private(set) var faults: [String] = []

  package init() {}

  package mutating func fold(_ event: StoredEvent) {
    let text = String(decoding: event.line, as: UTF8.self)
    guard event.line.count <= 4096, event.line.last == 0x0a, event.line.dropLast().allSatisfy({ $0 >= 0x20 }) else {
      faults.append("not one line of at most 4096 bytes: \(text)")
      return
    }
    let json: JSONValue
    do throws(JSONError) {
      json = try JSONReader.read(Array(event.line.dropLast()))
    } catch {
      faults.append("not JSON: \(text)")
      return
    }
    let call = json["call_sid"]?.asText ?? ""
    apply(event.type, call, json)
    let isPersonal = event.type.rawValue.hasPrefix("participant.")
    if isPersonal, json["participant_count"]?.asInteger != Int64(people.count) {
      faults.append("expected participant_count \(people.count): \(text)")
    }
  }

  private mutating func apply(_ type: EventType, _ call: String, _ json: JSONValue) {
    switch type {
    case .participantPresent:
      enter(call, Self.person(of: json["participant"]))
    case .participantJoined:
      var person = Self.person(of: json["participant"])
      (person.muted, person.hold, person.coaching, person.target) = (false, false, false, nil)
      enter(call, person)
    case .participantLeft:
      if people.removeValue(forKey: call) == nil { faults.append("\(call) left but was not in the room") }
    case .alertRaised, .alertResolved: applyAlert(type, json)
    case .participantMuted: change(call, \.muted, from: false, to: true)
    case .participantUnmuted: change(call, \.muted, from: true, to: false)
    case .participantHeld: change(call, \.hold, from: false, to: true)
    case .participantUnheld: change(call, \.hold, from: true, to: false)
    case .participantCoachingStarted:
      change(call, \.coaching, from: false, to: true)
      people[call]?.target = json["call_sid_to_coach"]?.asText
    case .participantCoachingStopped:
      change(call, \.coaching, from: true, to: false)
      people[call]?.target = nil
    case .participantUpdated:
      if let change = json["changes"]?["end_conference_on_exit"] {
        people[call]?.endsOnExit = change["to"]?.asBool == true
      }
      if let change = json["changes"]?["status"] { people[call]?.status = change["to"]?.asText }
    case .conferenceEnded:
      hasEnded = true
      if !people.isEmpty { faults.append("the conference ended while participants were in the room") }
      if !alerts.isEmpty { faults.append("the conference ended while alerts were raised") }
    case .conferencePresent, .conferenceStarted, .watchStarted, .watchInterrupted, .watchResumed, .watchHeartbeat,
      .watchStopped:
      break
    }
  }

  private mutating func applyAlert(_ type: EventType, _ json: JSONValue) {
    guard let name = json["alert"]?.asText, let since = json["since"]?.asText.flatMap(Timestamp.init(rfc3339:)),
      let timestamp = json["timestamp"]?.asText.flatMap(Timestamp.init(rfc3339:))
    else { return faults.append("an alert event has no name, start or timestamp") }
    let alert = Alert(name, of: json["call_sid"]?.asText.flatMap(CallSID.init))
    if type == .alertRaised {
      if alerts.updateValue(since, forKey: alert) != nil { faults.append("\(name) was raised twice") }
    } else {
      if alerts.removeValue(forKey: alert) != since { faults.append("\(name) was resolved but not raised") }
      if json["lasted_ms"]?.asInteger != (timestamp - since).wholeMilliseconds {
        faults.append("\(name) has a wrong lasted_ms")
      }
    }
  }

  private mutating func enter(_ call: String, _ person: Person) {
    if people.updateValue(person, forKey: call) != nil { faults.append("\(call) entered the room twice") }
  }

  private mutating func change(_ call: String, _ field: WritableKeyPath<Person, Bool>, from: Bool, to: Bool) {
    guard people[call]?[keyPath: field] == from else {
      faults.append("\(call) changed from a state that it did not have")
      return
    }
    people[call]?[keyPath: field] = to
  }

  private static func person(of record: JSONValue?) -> Person {
    let coaching = record?["coaching"]?.asBool == true
    return Person(
      muted: record?["muted"]?.asBool == true, hold: record?["hold"]?.asBool == true, coaching: coaching,
      target: coaching ? record?["call_sid_to_coach"]?.asText : nil,
      endsOnExit: record?["end_conference_on_exit"]?.asBool == true, status: record?["status"]?.asText)
  }
}
