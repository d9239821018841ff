import RollcallCore
import RollcallKit

/// A transport that counts the polls that pass through it, and has the yardstick do the same work between rounds of them, on
/// the same thread.
actor PollRounds: HTTPTransport {
  struct Samples: Sendable {
    /// Processor time of one poll in each round, in milliseconds.
    var polls: [Double] = []
    /// The same of the yardstick.
    var floors: [Double] = []
  }

  /// Polls before the first round.
  private static let warmUp = 20
  private static let pollsInRound = 10

  private let loop: EventLoop
  private let inner: CurlTransport
  private let floor: Floor
  /// What is asked for beside every other list, where somebody has left.
  private let question: Floor?
  private let rounds: Int
  private let note: @Sendable (Int64) -> Void
  private var polls = 0
  private var began: Int64 = 0
  private var samples = Samples()
  private var waiting: CheckedContinuation<Samples, Never>?

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - rounds: at least 1.
  ///   - note: gets the moment at which each list had been received.
  init(
    on loop: EventLoop, origin: SpaceAddress, asksBesides: Bool, rounds: Int,
    note: @escaping @Sendable (Int64) -> Void = { _ in }
  ) throws(HTTPFailure) {
    self.loop = loop
    inner = CurlTransport(on: loop, for: .polls)
    // A list of the same length whose changes nobody follows.
    let list = origin.list(of: Scenario.unchanged.conference)
    guard let floor = Floor(list), let question = Floor(list + "/nobody") else {
      throw HTTPFailure(.unreachable, "no memory for a request")
    }
    self.floor = floor
    self.question = asksBesides ? question : nil
    self.rounds = rounds
    self.note = note
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
      samples.floors.append(floorTime())
    } else {
      _ = floorTime()
    }
    if samples.polls.count >= rounds {
      waiting?.resume(returning: samples)
      waiting = nil
    }
    began = Measure.threadTime
  }

  private func floorTime() -> Double {
    floor.fetch()
    let start = Measure.threadTime
    for index in 0..<Self.pollsInRound {
      floor.fetch()
      if !index.isMultiple(of: 2) { question?.fetch() }
    }
    return Double(Measure.threadTime - start) / 1e6 / Double(Self.pollsInRound)
  }
}
