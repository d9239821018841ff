/// Where the polled space listens.
struct SpaceAddress: Sendable {
  let port: Int

  var origin: String { "http://127.0.0.1:\(port)" }

  /// The URL of a conference's participants.
  func list(of conference: String) -> String {
    "\(origin)/api/laml/2010-04-01/Accounts/\(ListedRoom.account)/Conferences/\(conference)/Participants"
  }

  /// What `rollcall` needs to know of the space.
  var environment: [String] {
    ["SIGNALWIRE_SPACE=\(origin)", "SIGNALWIRE_PROJECT_ID=\(ListedRoom.account)", "SIGNALWIRE_API_TOKEN=token"]
  }
}
