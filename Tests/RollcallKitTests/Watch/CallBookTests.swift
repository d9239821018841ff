import RollcallCore
import RollcallTestKit
import Testing

@testable import RollcallKit

/// Tests what a book knows about calls, whichever replies arrive in whichever order.
@Suite struct `A book of calls` {
  private let conference: ConferenceSID

  init() throws { conference = try #require(ConferenceSID("CF")) }

  private func draft(_ type: EventType, _ call: String) -> Event {
    var draft = Event.stopped(.signal, at: Timestamp(milliseconds: 0))
    (draft.type, draft.conference, draft.call) = (type, conference, CallSID(call))
    return draft
  }

  private static func details(_ call: CallSID, stay: Int) -> CallDetails {
    CallDetails(from: call.text, to: "\(stay)", direction: nil)
  }

  /// A room that changes at random, with its requests and answers.
  private struct Model {
    var random: SplitMix64
    /// The number of each participant's current stay.
    var stays: [CallSID: Int] = [:]
    var requests: [CallSID: Int] = [:]
    var answers: [CallSID: CallReply] = [:]
    var stayCount = 0

    /// Returns the events of one poll, each with the stay that it is about. Departures come first, as in every poll.
    mutating func poll(_ calls: [CallSID]) -> [(type: EventType, call: CallSID, stay: Int)] {
      var (departures, rest): ([(EventType, CallSID, Int)], [(EventType, CallSID, Int)]) = ([], [])
      for call in calls {
        if let stay = stays[call], random.happens(onceIn: 4) {
          if random.happens(onceIn: 2) { departures.append((.participantCoachingStopped, call, stay)) }
          departures.append((.participantLeft, call, stay))
          stays[call] = nil
        }
        if stays[call] == nil, random.happens(onceIn: 3) {
          stayCount += 1
          stays[call] = stayCount
          rest.append((.participantJoined, call, stayCount))
          if random.happens(onceIn: 2) { rest.append((.participantMuted, call, stayCount)) }
        } else if let stay = stays[call], random.happens(onceIn: 3) {
          rest.append((.participantHeld, call, stay))
        }
      }
      return departures + rest
    }
  }

  @Test(arguments: 0..<300 as Range<UInt64>)
  func `adds the known details to every event, and requests them at most three times`(
    seed: UInt64
  ) throws {
    var model = Model(random: SplitMix64(seed: seed))
    let calls = ["a", "b", "c", "d"].compactMap(CallSID.init)
    var book = CallBook(people: [], saved: [])
    /// The number of requests for each stay, and its conclusive reply.
    var (requests, known): ([Int: Int], [Int: CallReply]) = ([:], [:])
    for _ in 0..<30 {
      let events = model.poll(calls)
      var drafts = events.map { draft($0.type, $0.call.text) }
      let before = known
      book.begin(&drafts)
      let questions = book.questions
      #expect(Set(questions).count == questions.count)
      let wanted = model.stays.filter { known[$0.value] == nil && requests[$0.value, default: 0] < 3 }
      #expect(Set(questions) == Set(wanted.keys))
      // Some look-ups do not get their turn, and answers come in any order.
      let asked = questions.filter { _ in !model.random.happens(onceIn: 4) }
      for call in asked {
        book.ask(call)
        requests[model.stays[call] ?? 0, default: 0] += 1
      }
      for call in asked.shuffled(using: &model.random) {
        guard let stay = model.stays[call] else { continue }
        let reply: CallReply =
          switch Int.random(in: 0..<4, using: &model.random) {
          case 0: .notFound
          case 1: .found(Self.details(call, stay: stay))
          default: .unclear
          }
        book.take(reply, about: call)
        if reply != .unclear { known[stay] = reply }
      }
      book.finish(&drafts)
      for (draft, event) in zip(drafts, events) {
        let reply = event.type == .participantLeft ? before[event.stay] : known[event.stay]
        #expect(draft.callDetails == reply?.details, "\(event)")
      }
    }
    #expect(requests.values.allSatisfy { (1...CallBook.maximumTries).contains($0) })
  }

  @Test func `requests the calls of everyone in the room, except those known from an earlier run`() throws {
    let (a, b, c) = (try #require(CallSID("a")), try #require(CallSID("b")), try #require(CallSID("c")))
    let gone = try #require(CallSID("gone"))
    let details = Self.details(a, stay: 1)
    let saved = [
      SavedRoom.Call(callSID: a, details: details), SavedRoom.Call(callSID: b, details: nil),
      SavedRoom.Call(callSID: gone, details: details),
    ]
    var book = CallBook(people: [a, b, c], saved: saved)
    #expect(book.questions == [c])
    #expect(!book.hasAnswers)
    var drafts = [draft(.participantHeld, "a"), draft(.participantLeft, "b"), draft(.participantLeft, "a")]
    book.begin(&drafts)
    book.finish(&drafts)
    #expect(drafts.map(\.callDetails) == [details, nil, details])
  }

  @Test func `adds details to alerts too, even when the participant leaves`() throws {
    let (a, b) = (try #require(CallSID("a")), try #require(CallSID("b")))
    let saved = [a, b].map { SavedRoom.Call(callSID: $0, details: Self.details($0, stay: 1)) }
    var book = CallBook(people: [a, b], saved: saved)
    var drafts = [draft(.participantLeft, "a"), draft(.alertResolved, "a"), draft(.alertRaised, "b")]
    book.begin(&drafts)
    book.finish(&drafts)
    let details = [a, a, b].map { Self.details($0, stay: 1) }
    #expect(drafts.map(\.callDetails) == details)
  }

  @Test func `requests the calls of new participants first, in their order`() throws {
    var book = CallBook(people: try ["a", "z"].map { try #require(CallSID($0)) }, saved: [])
    var drafts = [draft(.participantJoined, "y"), draft(.participantMuted, "y"), draft(.participantJoined, "b")]
    book.begin(&drafts)
    #expect(book.questions.map(\.text) == ["y", "b", "a", "z"])
  }

  @Test func `returns every answer once, so that it can be stored`() throws {
    let call = try #require(CallSID("a"))
    var book = CallBook(people: [call], saved: [])
    book.take(.unclear, about: call)
    #expect(book.takeAnswers() == [])
    book.take(.notFound, about: call)
    book.take(.found(Self.details(call, stay: 1)), about: call)
    #expect(book.takeAnswers() == [SavedRoom.Call(callSID: call, details: nil)])
    #expect(book.takeAnswers() == [])
  }
}
