import RollcallCore
import RollcallKit

/// A transport that counts the polls that pass through it, and between rounds of them lets the floor do the same work
/// on the same thread.
actor PollRounds: HTTPTransport {
  struct Samples: Sendable {
    /// The processor time of one poll in each round, in milliseconds.
    var polls: [Double] = []
    /// The processor time of one fetch of the floor in each round, in milliseconds.
    var floors: [Double] = []
    /// The number of bytes received by one poll in each round, and by one fetch of the floor.
    var pollBytes: [Double] = []
    var floorBytes: [Double] = []

    static func += (samples: inout Samples, more: Samples) {
      samples.polls += more.polls
      samples.floors += more.floors
      samples.pollBytes += more.pollBytes
      samples.floorBytes += more.floorBytes
    }
  }

  /// The number of polls before the first round.
  private static let warmUp = 20
  private static let pollsInRound = 10

  private let loop: EventLoop
  private let inner: CurlTransport
  private let floor: Floor
  /// The confirmation that is requested after every other list, if a participant has left.
  private let question: Floor?
  private let rounds: Int
  private let note: @Sendable (Int64) -> Void
  private var polls = 0
  private var began: Int64 = 0
  private var receivedBefore = 0
  private var samples = Samples()
  private var waiting: CheckedContinuation<Samples, Never>?

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - rounds: at least 1.
  ///   - note: receives the moment at which each list had been received.
  init(
    on loop: EventLoop, origin: SpaceAddress, scenario: Scenario, rounds: Int,
    note: @escaping @Sendable (Int64) -> Void = { _ in }
  ) throws(HTTPFailure) {
    self.loop = loop
    inner = CurlTransport(on: loop, for: .polls, trusting: try Self.trust(origin))
    let list = origin.list(of: scenario.yardstick.conference)
    guard let floor = Floor(list, authority: origin.authority),
      let question = Floor(list + "/nobody", authority: origin.authority)
    else {
      throw HTTPFailure(.unreachable, "no memory for a request")
    }
    self.floor = floor
    self.question = scenario == .oneMore ? question : nil
    self.rounds = rounds
    self.note = note
  }

  private static func trust(_ origin: SpaceAddress) throws(HTTPFailure) -> AddedCertificates? {
    do throws(AddedCertificates.Flaw) {
      return try .named(origin.authority, variable: { _ in nil }, pipes: .refused)
    } catch {
      throw HTTPFailure(.untrusted, error.problem)
    }
  }

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    guard request.limits == .list else { return try await inner.send(request) }
    count()
    let response = try await inner.send(request)
    note(Measure.now)
    return response
  }

  /// Waits until all rounds are done.
  func finished() async -> Samples {
    await withCheckedContinuation { continuation in
      loop.checkIsolated()
      waiting = continuation
    }
  }

  private func count() {
    polls += 1
    guard polls > Self.warmUp, (polls - Self.warmUp).isMultiple(of: Self.pollsInRound) else { return }
    let now = Measure.threadTime
    if began != 0 {
      samples.polls.append(Double(now - began) / 1e6 / Double(Self.pollsInRound))
      samples.pollBytes.append(Double(inner.receivedBytes - receivedBefore) / Double(Self.pollsInRound))
      samples.floors.append(floorTime())
    } else {
      _ = floorTime()
    }
    if samples.polls.count >= rounds {
      waiting?.resume(returning: samples)
      waiting = nil
    }
    receivedBefore = inner.receivedBytes
    began = Measure.threadTime
  }

  private func floorTime() -> Double {
    floor.fetch()
    let before = floor.receivedBytes
    let start = Measure.threadTime
    for index in 0..<Self.pollsInRound {
      floor.fetch()
      if !index.isMultiple(of: 2) { question?.fetch() }
    }
    let end = Measure.threadTime
    samples.floorBytes.append(Double(floor.receivedBytes - before) / Double(Self.pollsInRound))
    return Double(end - start) / 1e6 / Double(Self.pollsInRound)
  }
}
