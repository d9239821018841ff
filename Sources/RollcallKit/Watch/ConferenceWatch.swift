package import RollcallCore

/// Watches several conferences at once, from their first scans to the end of the run.
package actor ConferenceWatch {
  /// How often gaps are looked for.
  private static let housekeeping: Duration = .seconds(1)

  private let loop: EventLoop
  private let clock: StreamClock
  private let api: SignalWireAPI
  private let settings: WatchSettings
  private let gate: OriginGate
  private let publish: @Sendable ([EventDraft]) async -> Void

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameter publish: stores a poll's events; returns once they are safe.
  package init(
    on loop: EventLoop, clock: StreamClock, api: SignalWireAPI, settings: WatchSettings,
    publish: @escaping @Sendable ([EventDraft]) async -> Void
  ) {
    self.loop = loop
    self.clock = clock
    self.api = api
    self.settings = settings
    self.publish = publish
    gate = OriginGate(on: loop, token: api.token)
  }

  /// Reads the token again, as after SIGHUP, and tries it at once where the old one was refused.
  package func renewToken() async { await gate.renewToken() }

  /// Watches until every conference is over, one of them cannot be watched, or the task is cancelled.
  ///
  /// - Returns: how watching ended for each; those that were still being watched are `cancelled`.
  package func run(_ conferences: [ConferenceSID]) async -> [ConferenceSID: ConferenceWatcher.Ending] {
    let watchers = conferences.enumerated().map { index, sid in
      let tracker = ConferenceTracker(
        conference: sid, origin: .named, confirmsLeft: settings.confirmsLeft, interval: settings.interval,
        version: RollcallVersion.number)
      return (
        sid,
        ConferenceWatcher(
          tracker, spread: PollSpread(index: index, startIndex: index), on: loop, clock: clock, api: api, gate: gate,
          settings: settings, publish: publish)
      )
    }
    var endings: [ConferenceSID: ConferenceWatcher.Ending] = [:]
    await withTaskGroup(of: (ConferenceSID, ConferenceWatcher.Ending)?.self) { group in
      for (sid, watcher) in watchers { group.addTask { (sid, await watcher.run()) } }
      group.addTask { await self.keepHouse(watchers.map(\.1)) }
      for await result in group {
        guard let (sid, ending) = result else { continue }
        endings[sid] = ending
        if Self.endsAll(ending) || endings.count == watchers.count { group.cancelAll() }
      }
    }
    return endings
  }

  private static func endsAll(_ ending: ConferenceWatcher.Ending) -> Bool {
    switch ending {
    case .unknown, .unauthorised, .unreachable: true
    case .ended, .over, .scannedOnce, .cancelled: false
    }
  }

  private func keepHouse(_ watchers: [ConferenceWatcher]) async -> (ConferenceSID, ConferenceWatcher.Ending)? {
    do throws(CancellationError) {
      while true {
        try await loop.sleep(for: Self.housekeeping)
        for watcher in watchers { await watcher.check() }
      }
    } catch {
      return nil
    }
  }
}
