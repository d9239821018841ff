import RollcallServer

/// The writing half: what a caller's own program does to a conference.
extension SpaceState {
  mutating func write(_ route: Route, _ request: ServerRequest) throws(APIError) -> ServerReply {
    let fields = WriteRequest.fields(of: request)
    switch (route, request.method) {
    case (.conference(let sid), .post):
      return try updateConference(at: index(of: sid, request), fields)
    case (.participants(let sid), .post):
      return try addParticipant(to: index(of: sid, request), fields)
    case (.participant(let sid, let call), .post):
      return try updateParticipant(call, at: index(of: sid, request), fields, request)
    case (.participant(let sid, let call), .delete):
      let place = try index(of: sid, request)
      guard isPresent(call, at: place) else { throw .notFound(request.path) }
      rooms[place].remove(call)
      return ServerReply(status: 204)
    case (.conferences, _), (.conference, _), (.participants, _), (.participant, _), (.call, _):
      throw .methodRefused
    }
  }

  private mutating func updateConference(at place: Int, _ fields: FormFields) throws(APIError) -> ServerReply {
    if let status = fields["Status"] {
      guard status == SimulatedRoom.Status.completed.rawValue else { throw .invalid("Status") }
      guard rooms[place].status != .completed else { throw .over }
      rooms[place].end()
    }
    let room = rooms[place]
    return .json(JSONOutput.document { rowWriter.write(room, into: &$0) })
  }

  /// Lets somebody in, where the provider lists those whom it still calls a moment later. Nobody is really called.
  private mutating func addParticipant(to place: Int, _ fields: FormFields) throws(APIError) -> ServerReply {
    guard rooms[place].status != .completed else { throw .over }
    let changes = try Changes(fields)
    try check(changes, at: place)
    let call = SimulatedCall(from: fields["From"] ?? SimulatedCall.service, to: fields["To"] ?? "")
    let person = rooms[place].enter(by: call, after: dialect.ringing) { person in
      person.label = fields["Label"]
      changes.apply(to: &person)
    }
    let room = rooms[place]
    return .json(JSONOutput.document { rowWriter.write(person, of: room, into: &$0) }, status: 201)
  }

  private mutating func updateParticipant(
    _ call: String, at place: Int, _ fields: FormFields, _ request: ServerRequest
  ) throws(APIError) -> ServerReply {
    guard isPresent(call, at: place) else { throw .notFound(request.path) }
    let changes = try Changes(fields)
    try check(changes, at: place)
    rooms[place].change(call) { changes.apply(to: &$0) }
    let room = rooms[place]
    guard let person = room.person(call) else { throw .notFound(request.path) }
    return .json(JSONOutput.document { rowWriter.write(person, of: room, into: &$0) })
  }

  private func isPresent(_ call: String, at place: Int) -> Bool {
    rooms[place].person(call).map { $0.leftAt == nil } ?? false
  }

  private func check(_ changes: Changes, at place: Int) throws(APIError) {
    guard case .coach(let target) = changes.target else { return }
    guard isPresent(target, at: place) else { throw .noTarget }
  }

  /// What a form asks to change; what it does not name stays.
  private struct Changes {
    enum Target {
      case keep
      case nobody
      case coach(String)
    }

    var muted: Bool?
    var hold: Bool?
    var coaching: Bool?
    var startsOnEnter: Bool?
    var endsOnExit: Bool?
    var target = Target.keep

    init(_ fields: FormFields) throws(APIError) {
      muted = try ListQuery.flag("Muted", in: fields)
      hold = try ListQuery.flag("Hold", in: fields)
      coaching = try ListQuery.flag("Coaching", in: fields)
      startsOnEnter = try ListQuery.flag("StartConferenceOnEnter", in: fields)
      endsOnExit = try ListQuery.flag("EndConferenceOnExit", in: fields)
      if let sid = fields["CallSidToCoach"] { target = sid.isEmpty ? .nobody : .coach(sid) }
    }

    func apply(to person: inout SimulatedPerson) {
      person.muted = muted ?? person.muted
      person.hold = hold ?? person.hold
      person.startsOnEnter = startsOnEnter ?? person.startsOnEnter
      person.endsOnExit = endsOnExit ?? person.endsOnExit
      person.coaching = coaching ?? person.coaching
      switch target {
      case .keep: break
      case .nobody:
        person.target = nil
        person.coaching = false
      case .coach(let sid): person.target = sid
      }
      if !person.coaching { person.target = nil }
    }
  }
}
