import RollcallCore
import RollcallKit

/// One run of the watcher on the loop: conferences in, lines on standard output, an exit status at the end.
struct WatchSession: Sendable {
  var api: @Sendable (EventLoop) throws(HTTPFailure) -> SignalWireAPI
  var conferences: [ConferenceSID]
  var settings: WatchSettings
  var allows: @Sendable (EventType) -> Bool
  /// The run ends after so long by itself.
  var duration: Duration?
  var log: StandardError

  /// Why the run ended, and how it is told.
  private enum Ending: Sendable {
    case conferences([ConferenceSID: ConferenceWatcher.Ending])
    case signal
    case duration
    case output(LineWriter.Ending)
    case nothing
  }

  /// Runs on the calling thread until the run is over.
  func run() -> Int32 {
    let loop = EventLoop()
    return loop.run { await self.run(on: loop) }
  }

  private func run(on loop: EventLoop) async -> Int32 {
    let clock = StreamClock(on: loop)
    let api: SignalWireAPI
    do throws(HTTPFailure) {
      api = try self.api(loop)
    } catch {
      log.log(.error, error.reason)
      return ExitStatus.configuration.code
    }
    let store = MemoryStore(on: loop, epoch: .random(in: .min ... .max), targets: [LineWriter.target])
    let writer = LineWriter(on: loop, store: store, descriptor: StandardOutput.descriptor, allows: allows)
    let (commits, commit) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let publish: @Sendable ([EventDraft]) async -> Void = { drafts in
      await store.commit(drafts)
      commit.yield()
    }
    let watch = ConferenceWatch(on: loop, clock: clock, api: api, settings: settings, publish: publish)
    let ending = await firstEnding(loop, watch, writer, commits)
    let (reason, status) = judge(ending)
    if case .output(let output) = ending { return end(output) }
    await store.commit([.stopped(reason, at: clock.now)])
    if let output = await writer.drain() { return end(output) }
    return status.code
  }

  /// Runs everything side by side until the first of it is over.
  private func firstEnding(
    _ loop: EventLoop, _ watch: ConferenceWatch, _ writer: LineWriter, _ commits: AsyncStream<Void>
  ) async -> Ending {
    let signals = await MainSignals.make(on: loop)
    return await withTaskGroup(of: Ending.self) { group in
      group.addTask { .conferences(await watch.run(conferences)) }
      group.addTask { .output(await writer.readerLeaves()) }
      group.addTask {
        for await _ in commits {
          if let ending = await writer.drain() { return .output(ending) }
        }
        return .nothing
      }
      if let signals {
        group.addTask {
          for await signal in signals.arrivals where signal != .hangUp { return .signal }
          return .nothing
        }
      }
      if let duration {
        group.addTask {
          do throws(CancellationError) { try await loop.sleep(for: duration) } catch { return .nothing }
          return .duration
        }
      }
      for await ending in group {
        switch ending {
        case .nothing, .output(.cancelled): continue
        case .conferences, .signal, .duration, .output:
          group.cancelAll()
          return ending
        }
      }
      return .nothing
    }
  }

  private func judge(_ ending: Ending) -> (StopReason, ExitStatus) {
    switch ending {
    case .signal: return (.signal, .done)
    case .duration: return (.duration, .done)
    case .output, .nothing: return (.error, .inputOutput)
    case .conferences(let endings): return judge(endings)
    }
  }

  private func judge(_ endings: [ConferenceSID: ConferenceWatcher.Ending]) -> (StopReason, ExitStatus) {
    var worst: (StopReason, ExitStatus)?
    var hasScanned = false
    var left = 0
    for conference in conferences {
      switch endings[conference] {
      case .unauthorised:
        log.log(.error, "the space refused the token; check SIGNALWIRE_API_TOKEN and that it has the Voice scope")
        worst = (.error, .unauthorised)
      case .unknown:
        log.log(.error, "there is no conference \(conference); give the sid of a conference in progress")
        worst = worst ?? (.error, .unavailable)
      case .unreachable(let reason):
        log.log(.error, "\(conference) could not be watched: \(reason)")
        worst = worst ?? (.error, .unavailable)
      case .over:
        log.log(.warning, "the conference \(conference) is over already")
        left += 1
      case .scannedOnce: hasScanned = true
      case .ended, .cancelled, nil: break
      }
    }
    if let worst { return worst }
    if left == conferences.count { return (.error, .unavailable) }
    return (hasScanned ? .once : .conferenceEnded, .done)
  }

  private func end(_ output: LineWriter.Ending) -> Int32 {
    switch output {
    case .readerGone: Signals.endByBrokenPipe()
    case .failed(let number): log.log(.error, "standard output cannot be written (errno \(number))")
    case .cancelled: break
    }
    return ExitStatus.inputOutput.code
  }
}

/// Takes the signals over, on the loop.
private enum MainSignals {
  static func make(on loop: EventLoop) async -> Signals? { Signals(on: loop) }
}
