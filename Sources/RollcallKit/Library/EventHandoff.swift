import RollcallCore
import Synchronization

/// Hands the events of a run to the program, one at a time.
///
/// It takes the place of the command's standard output. An event counts as written once the program asks for the next
/// one, so an event that a program was handling when it was killed is delivered again from a state file.
final class EventHandoff: LineOutput {
  private typealias Reader = CheckedContinuation<ConferenceEvent?, Never>
  private typealias Writer = CheckedContinuation<Bool, Never>

  private struct Offer {
    let event: ConferenceEvent
    let writer: Writer
    /// Whether the program has the event and has not asked for the next one yet.
    var isTaken = false
  }

  private enum Attendance {
    case present
    /// The program takes no more events, and the run has not acted on that yet.
    case leaving
    case gone
  }

  private enum Run {
    case underway
    /// Why the run failed; nil if it succeeded or was asked to end.
    case over(WatchFailure?)
  }

  private struct State {
    var run = Run.underway
    var attendance = Attendance.present
    /// The program, if it waits for an event.
    var reader: Reader?
    /// The event that the program has, or may take.
    var offer: Offer?
  }

  private let state = Mutex(State())
  private let departures: AsyncStream<Void>
  private let depart: AsyncStream<Void>.Continuation

  init() { (departures, depart) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

  // MARK: The program's side

  /// Waits for the next event. If the task is cancelled, ends the run and waits for that.
  ///
  /// - Returns: nil once the run is over.
  func next(isolation actor: isolated (any Actor)?) async throws(WatchFailure) -> ConferenceEvent? {
    // Must come before the check for cancellation: asking for the next event confirms the last one.
    completeOffer()
    let event = await withTaskCancellationHandler {
      // Without this mention of the caller's actor, the closure would run on the global executor.
      _ = actor
      return await withCheckedContinuation { take($0) }
    } onCancel: {
      leave()
    }
    if event == nil, case .over(let failure?) = state.withLock({ $0.run }) { throw failure }
    return event
  }

  /// Records that the program has handled its event, if it has one.
  private func completeOffer() {
    let writer: Writer? = state.withLock { state in
      guard let offer = state.offer, offer.isTaken else { return nil }
      state.offer = nil
      return offer.writer
    }
    writer?.resume(returning: true)
  }

  private func take(_ reader: Reader) {
    let event: ConferenceEvent?? = state.withLock { state in
      if case .over = state.run { return .some(nil) }
      if case .present = state.attendance, let event = state.offer?.event {
        state.offer?.isTaken = true
        return event
      }
      state.reader = reader
      return nil
    }
    if let event { reader.resume(returning: event) }
  }

  /// Takes no more events, and ends the run.
  func leave() {
    let isNews = state.withLock { state in
      guard case .present = state.attendance else { return false }
      state.attendance = .leaving
      return true
    }
    if isNews { depart.yield() }
  }

  // MARK: The run's side

  /// Waits until the program leaves.
  ///
  /// - Returns: false if the task was cancelled.
  func departure() async -> Bool { await departures.first { _ in true } != nil }

  /// Releases the writer if the program has left. Call it once the run knows why it ends: if the writer ended earlier,
  /// the run would take that for the reason.
  func release() {
    let writer: Writer? = state.withLock { state in
      if case .present = state.attendance { return nil }
      state.attendance = .gone
      defer { state.offer = nil }
      return state.offer?.writer
    }
    writer?.resume(returning: false)
  }

  /// Records that the run has ended.
  ///
  /// - Parameter failure: nil if the run succeeded or was asked to end.
  func end(_ failure: WatchFailure?) {
    let reader = state.withLock { state in
      state.run = .over(failure)
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume(returning: nil)
  }

  /// Offers an event, and waits until the program has handled it.
  func write(_ lines: [UInt8]) async -> LineWriter.Ending? {
    // The store returns only lines that are events.
    guard let event = try? ConferenceEvent(line: lines) else { return nil }
    let isDone = await withTaskCancellationHandler {
      await withCheckedContinuation { offer(event, $0) }
    } onCancel: {
      withdraw()
    }
    return isDone ? nil : .readerGone
  }

  private func offer(_ event: ConferenceEvent, _ writer: Writer) {
    let (reader, isGone): (Reader?, Bool) = state.withLock { state in
      if case .gone = state.attendance { return (nil, true) }
      guard !Task.isCancelled else { return (nil, true) }
      var reader: Reader?
      if case .present = state.attendance { (reader, state.reader) = (state.reader, nil) }
      state.offer = Offer(event: event, writer: writer, isTaken: reader != nil)
      return (reader, false)
    }
    if isGone { writer.resume(returning: false) }
    reader?.resume(returning: event)
  }

  private func withdraw() {
    let writer = state.withLock { state in
      defer { state.offer = nil }
      return state.offer?.writer
    }
    writer?.resume(returning: false)
  }

  /// Ignores a program that leaves, because ``departure()`` reports that and ends the run like a signal.
  func readerLeaves() async -> LineWriter.Ending { .cancelled }
}
