import RollcallCore
import RollcallServer
import Testing

@testable import RollcallSimulator

@Suite struct `Status callbacks of the simulated space` {
  /// A callback as its receiver sees it, and when it was sent.
  private struct Received: Equatable {
    var at: Int64
    var form: FormFields

    var event: String { form["StatusCallbackEvent"] ?? "" }
  }

  private static func received(
    _ scenario: String, _ provider: SimulatedProvider = .signalWire, seed: UInt64 = 1, faults: Set<Fault> = [],
    until end: Int64 = 20_000
  ) throws -> [Received] {
    let space = try TestSpace(scenario, seed: seed, provider: provider, callsBack: true, faults: faults)
    var received: [Received] = []
    for moment in stride(from: 0, through: end, by: 10) {
      space.move(to: moment)
      received += space.space.takeCallbacks().map { Received(at: moment, form: FormFields($0.body)) }
    }
    return received
  }

  @Test func `SignalWire reports everything but coaching, 50 ms after the change`() throws {
    let received = try Self.received("demo")
    #expect(
      received.map { "\($0.at) \($0.event)" } == [
        "1050 participant-join", "2050 participant-hold", "3050 participant-unmute", "4550 participant-unhold",
        "5550 participant-join", "7550 participant-mute", "8550 participant-unmute", "11550 participant-leave",
        "12550 participant-leave", "14050 participant-leave", "14050 participant-leave", "14050 conference-end",
      ])
    let first = try #require(received.first?.form)
    #expect(
      first.fields.map(\.name) == [
        "AccountSid", "ConferenceSid", "FriendlyName", "StatusCallbackEvent", "Timestamp", "CallSid", "Muted", "Hold",
        "StartConferenceOnEnter", "EndConferenceOnExit",
      ])
    #expect(first["Muted"] == "true" && first["FriendlyName"] == "demo")
    #expect(first["Timestamp"] == "Mon, 05 Jan 2026 12:00:01 +0000")
  }

  @Test func `Twilio also reports modifications, and numbers its callbacks`() throws {
    let received = try Self.received("demo", .twilio)
    #expect(received.contains { $0.event == "participant-modify" && $0.form["Coaching"] == "true" })
    #expect(received.map { $0.form["SequenceNumber"] } == (1...received.count).map { "\($0)" })
    // No provider says who is being coached.
    #expect(received.allSatisfy { $0.form["CallSidToCoach"] == nil })
  }

  @Test func `Telnyx reports neither mute nor hold`() throws {
    let events = Set(try Self.received("demo", .telnyx).map(\.event))
    #expect(events == ["participant-join", "participant-leave", "conference-end"])
  }

  @Test func `a change by request is called back, and a space without a receiver keeps nothing`() throws {
    let space = try TestSpace("quiet", callsBack: true)
    let call = try #require(space.space.callSID(of: "caller", in: space.conference))
    space.move(to: 1000)
    #expect(space.post(space.participant(call), "Muted=true").status == 200)
    space.move(to: 1049)
    #expect(space.space.takeCallbacks().isEmpty)
    space.move(to: 1050)
    let callbacks = space.space.takeCallbacks()
    #expect(callbacks.count == 1 && FormFields(callbacks[0].body)["CallSid"] == call)
    #expect(space.space.takeCallbacks().isEmpty)

    let silent = try TestSpace("busy")
    silent.move(to: 60_000)
    #expect(silent.space.takeCallbacks().isEmpty)
  }

  @Test func `pending callbacks are bounded`() {
    let room = SimulatedRoom(plan: Scenario.Room(friendlyName: "r"), keepsFinishedRows: false, seed: 1)
    var outbox = CallbackOutbox(account: "a", start: .init(milliseconds: 0), dialect: SignalWireSpace())
    let dice = FaultDice(faults: [.callbacksRepeated], seed: 1)
    for moment in 0..<20_000 as Range<Int64> {
      outbox.add(Announcement(event: .conferenceEnd, person: nil, milliseconds: moment), of: room, dice)
    }
    #expect(outbox.take(dueAt: .max).count == CallbackOutbox.maximumWaiting)
    #expect(outbox.take(dueAt: .max).isEmpty)
  }

  // MARK: Faults

  private static func delays(_ fault: Fault) -> [[Int64]] {
    let dice = FaultDice(faults: [fault], seed: 7)
    return (1...3000).map { dice.callbackDelays(at: $0) }
  }

  @Test func `callbacks-lost loses one callback in five`() {
    let delays = Self.delays(.callbacksLost)
    #expect((500...700).contains(delays.count { $0.isEmpty }))
    #expect(delays.allSatisfy { $0.isEmpty || $0 == [0] })
  }

  @Test func `callbacks-late delays one callback in three`() {
    let delays = Self.delays(.callbacksLate)
    #expect(delays.allSatisfy { $0.count == 1 && (0..<5000).contains($0[0]) })
    #expect((850...1150).contains(delays.count { $0 != [0] }))
  }

  @Test func `callbacks-repeated repeats one callback in three`() {
    let delays = Self.delays(.callbacksRepeated)
    #expect(delays.allSatisfy { (1...3).contains($0.count) && $0[0] == 0 && $0.allSatisfy { (0..<2000).contains($0) } })
    #expect((850...1150).contains(delays.count { $0.count > 1 }))
  }

  @Test func `callbacks-reordered changes the order of callbacks`() throws {
    let plain = try Self.received("busy")
    let mixed = try Self.received("busy", faults: [.callbacksReordered])
    #expect(plain.count > 50 && mixed.map(\.form) != plain.map(\.form))
    #expect(mixed.allSatisfy { plain.map(\.form).contains($0.form) })
  }

  @Test func `equal seeds give equal callbacks, and faults of callbacks do not change the rooms`() throws {
    let faults: Set<Fault> = [.callbacksLost, .callbacksLate, .callbacksRepeated, .callbacksReordered]
    #expect(try Self.received("busy", seed: 5, faults: faults) == Self.received("busy", seed: 5, faults: faults))
    let (plain, faulty) = (try TestSpace("busy"), try TestSpace("busy", callsBack: true, faults: faults))
    for space in [plain, faulty] { space.move(to: 30_000) }
    #expect(plain.space.truth(of: plain.conference) == faulty.space.truth(of: faulty.conference))
  }
}
