import RollcallCore

/// Work that is done at every poll or for every event, isolated from sockets, clocks and other threads, so that its
/// number of instructions can be counted and is the same each time.
enum HotPath: String, CaseIterable {
  /// A page of 1000 people that the reader has not seen before.
  case coldRead = "cold-read"
  /// A poll of 1000 people, from the bytes of the reply to the bytes of the events.
  case unchanged
  case onePercent = "one-percent"
  case oneMore = "one-more"
  case allDates = "all-dates"
  case allMuted = "all-muted"
  /// A poll of ten people, one of whom has been muted or unmuted.
  case smallRoom = "small-room"
  /// The signature of one event.
  case signature

  /// Does the work a number of times.
  func run(times: Int) {
    switch self {
    case .coldRead: read(times)
    case .unchanged: poll(.unchanged, times)
    case .onePercent: poll(.onePercent, times)
    case .oneMore: poll(.oneMore, times)
    case .allDates: poll(.allDates, times)
    case .allMuted: poll(.allMuted, times)
    case .smallRoom: pollSmallRoom(times)
    case .signature: sign(times)
    }
  }

  private func read(_ times: Int) {
    let conference = Scenario.unchanged.conference
    guard let sid = ConferenceSID(conference) else { return }
    let bytes = PaddedBytes(ListedRoom(conference, people: Scenario.unchanged.people).page())
    var reader = PageReader()
    for _ in 0..<times {
      let rows = (try? reader.read(bytes, conference: sid))?.rows.count
      precondition(rows == Scenario.unchanged.people, "a page of the benchmark is not valid")
    }
  }

  private func poll(_ scenario: Scenario, _ times: Int) {
    var script = Script(scenario)
    guard var polls = OfflinePolls(scenario.conference) else { return }
    for _ in 0..<times { polls.poll(script.nextPage()) }
  }

  private func pollSmallRoom(_ times: Int) {
    var room = ListedRoom("small", people: 10)
    let page = room.page()
    room.people[3].isMuted = true
    let other = room.page()
    guard var polls = OfflinePolls("small") else { return }
    for time in 0..<times { polls.poll(time.isMultiple(of: 2) ? page : other) }
  }

  private func sign(_ times: Int) {
    var stream = EventStream(epoch: 1)
    guard let secret = try? WebhookSecret(key: Array(1...32)) else { return }
    let body = stream.freeze(.stopped(.once, at: Timestamp(milliseconds: 1_795_442_400_000))).line
    for time in 0..<times {
      let value = WebhookSignature.headerValue(
        id: "evt_1", timestamp: 1_795_442_400 + Int64(time), body: body, secrets: [secret])
      precondition(value.utf8.count == 47, "a signature of the benchmark is not valid")
    }
  }
}
