import Libc
import RollcallCore

/// Polls one conference whose replies are given: everything that a poll does, except the requests and the writing.
struct OfflinePolls {
  private let conference: ConferenceSID
  private var tracker: ConferenceTracker
  private var reader = PageReader()
  private var stream = EventStream(epoch: 1)
  private var now = Timestamp(milliseconds: 1_795_442_400_000)

  init?(_ conference: String) {
    guard let sid = ConferenceSID(conference) else { return nil }
    self.conference = sid
    tracker = ConferenceTracker(conference: sid, origin: .named, interval: .seconds(1), version: "1")
  }

  /// Polls once; every participant who is asked about is gone.
  mutating func poll(_ body: [UInt8]) {
    now = now + .seconds(1)
    var actions = tracker.begin(at: now)
    while !actions.isEmpty {
      var next: [ConferenceTracker.Action] = []
      for action in actions {
        switch action {
        case .fetchPage(_, let ordinal): next += tracker.received(reply(body, ordinal), at: now)
        case .fetchParticipant(let call): next += tracker.participantAnswered(call, .notFound, at: now)
        case .fetchConference: next += tracker.conferenceAnswered(.running, at: now)
        case .commit(let drafts): for draft in drafts { _ = stream.freeze(draft) }
        case .finish(let outcome): precondition(outcome == .complete, "a poll of the benchmark is not complete")
        case .setDeadline, .warnOfStatuses: break
        }
      }
      actions = next
    }
  }

  private mutating func reply(_ body: [UInt8], _ ordinal: Int) -> PageReply {
    let old = tracker.page(at: ordinal)
    let bytes = PaddedBytes(body)
    if let old, isEqual(old.bytes, bytes) { return PageReply(.unchanged, next: nil) }
    do throws(PageError) {
      guard let old else { return PageReply(.page(try reader.read(bytes, conference: conference), nil), next: nil) }
      let (page, delta) = try reader.read(bytes, conference: conference, since: old)
      return PageReply(.page(page, delta), next: nil)
    } catch {
      preconditionFailure("a page of the benchmark is not valid: \(error)")
    }
  }

  /// Compares bytes as the transport does while they arrive.
  private func isEqual(_ left: PaddedBytes, _ right: PaddedBytes) -> Bool {
    guard left.count == right.count else { return false }
    return unsafe left.bytes.withUnsafeBytes { left in
      unsafe right.bytes.withUnsafeBytes { right in
        guard let first = left.baseAddress, let second = right.baseAddress else { return false }
        return unsafe memcmp(first, second, left.count) == 0
      }
    }
  }
}
