package import RollcallCore

/// Watches several conferences at once, from their first scans to the end of the run.
package actor ConferenceWatch {
  /// How often gaps are looked for.
  private static let housekeeping: Duration = .seconds(1)

  let loop: EventLoop
  let clock: StreamClock
  let meter = PollMeter()
  private let outages: OutageLog
  let publish: @Sendable (PollCommit) async -> Void
  let undelivered: @Sendable () async -> Int
  private let api: ConferenceAPI
  let settings: WatchSettings
  private let gate: OriginGate
  private var watchers: [ConferenceSID: (number: Int, watcher: ConferenceWatcher)] = [:]
  /// How many conferences have been watched so far, those that are over included.
  private var begun = 0

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - undelivered: how many events wait for delivery, for heartbeats.
  ///   - publish: stores a poll's events; returns once they are safe.
  package init(
    on loop: EventLoop, clock: StreamClock, api: ConferenceAPI, settings: WatchSettings,
    undelivered: @escaping @Sendable () async -> Int = { 0 },
    publish: @escaping @Sendable (PollCommit) async -> Void
  ) {
    self.loop = loop
    self.clock = clock
    self.settings = settings
    outages = OutageLog(settings.tell)
    self.undelivered = undelivered
    self.publish = publish
    let gate = OriginGate(on: loop, token: api.token)
    self.gate = gate
    self.api = api.heeding { await gate.failed($0) }
  }

  /// Reads the token again, as after SIGHUP, and tries it at once where the old one was refused.
  package func renewToken() async { await gate.renewToken() }

  /// What a task of a run has come to.
  private enum Step: Sendable {
    case left(ConferenceSID, ConferenceWatcher.Ending)
    case looked([Discovery.Action])
    case cancelled
  }

  /// Watches conferences, each named once, until each is over, one of them cannot be watched, or the task is cancelled. Call it once.
  ///
  /// - Returns: how watching ended for each; those that were still being watched are `cancelled`.
  package func run(_ conferences: [ConferenceSID]) async -> [ConferenceSID: ConferenceWatcher.Ending] {
    var endings: [ConferenceSID: ConferenceWatcher.Ending] = [:]
    guard !conferences.isEmpty else { return endings }
    await withTaskGroup(of: Step.self) { group in
      for (index, sid) in conferences.enumerated() { add(sid, nil, .named, startIndex: index, to: &group) }
      addHousekeeping(to: &group)
      for await step in group {
        guard case .left(let sid, let ending) = step else { continue }
        watchers[sid] = nil
        endings[sid] = ending
        if Self.endsAll(ending) || watchers.isEmpty { group.cancelAll() }
      }
    }
    return endings
  }

  /// Watches the conferences that discovery finds. Call it once.
  ///
  /// - Returns: why that is over; nil where the task was cancelled.
  package func run(_ selection: ConferenceSelection) async -> Discovery.Ending? {
    // Those that ran when the room was saved: if they are over by now, that has yet to be told.
    let known = (settings.saved ?? [:]).values
      .filter { room in room.friendlyName.map(selection.contains) ?? false }
      .map(\.conference).sorted()
    let discovery = ConferenceDiscovery(
      Discovery(
        selection, interval: settings.interval, waits: settings.waits, scansOnce: settings.scansOnce,
        over: settings.over, known: known),
      on: loop, clock: clock, api: api, gate: gate)
    return await withTaskGroup(of: Step.self) { group in
      var result: Discovery.Ending?
      for (index, sid) in known.enumerated() {
        add(sid, settings.saved?[sid]?.friendlyName, .foundAtStart, startIndex: index, to: &group)
      }
      group.addTask { .looked(await discovery.look()) }
      addHousekeeping(to: &group)
      for await step in group {
        let actions: [Discovery.Action]
        switch step {
        case .looked(let found): actions = found
        case .left(let sid, let ending):
          watchers[sid] = nil
          guard let fate = Discovery.Fate(ending) else { continue }
          actions = await discovery.left(sid, fate)
        case .cancelled: continue
        }
        guard result == nil else { continue }
        result = perform(actions, discovery, &group)
        if result != nil { group.cancelAll() }
      }
      return result
    }
  }

  private func perform(
    _ actions: [Discovery.Action], _ discovery: ConferenceDiscovery, _ group: inout TaskGroup<Step>
  ) -> Discovery.Ending? {
    for (index, action) in actions.enumerated() {
      switch action {
      case .watch(let sid, let name, let origin): add(sid, name, origin, startIndex: index, to: &group)
      case .askAgain: group.addTask { .looked(await discovery.look()) }
      case .finish(let ending): return ending
      }
    }
    return nil
  }

  private func add(
    _ sid: ConferenceSID, _ friendlyName: String?, _ origin: ConferenceTracker.Origin, startIndex: Int,
    to group: inout TaskGroup<Step>
  ) {
    var tracker = ConferenceTracker(
      conference: sid, friendlyName: friendlyName, origin: origin, saved: settings.saved?[sid],
      keepsRoom: settings.saved != nil, confirmsLeft: settings.confirmsLeft, interval: settings.interval,
      version: RollcallVersion.number)
    tracker.resume(tellsRestart: !settings.scansOnce)
    let watcher = ConferenceWatcher(
      tracker, spread: PollSpread(index: begun, startIndex: startIndex), on: loop, clock: clock, api: api, gate: gate,
      meter: meter, outages: outages, settings: settings, publish: publish)
    watchers[sid] = (begun, watcher)
    begun += 1
    group.addTask {
      let ending = await watcher.run()
      await watcher.save()
      return .left(sid, ending)
    }
  }

  /// By the time that their watching began, so that equal runs tell things in equal order.
  var watchersInOrder: [ConferenceWatcher] {
    watchers.values.sorted { $0.number < $1.number }.map(\.watcher)
  }

  private static func endsAll(_ ending: ConferenceWatcher.Ending) -> Bool {
    switch ending {
    case .unknown, .unauthorised, .unreachable: true
    case .ended, .over, .scannedOnce, .cancelled: false
    }
  }

  private func addHousekeeping(to group: inout TaskGroup<Step>) {
    group.addTask { await self.keepHouse() }
    guard let heartbeat = settings.heartbeat else { return }
    group.addTask {
      await self.beat(every: heartbeat)
      return .cancelled
    }
  }

  private func keepHouse() async -> Step {
    do throws(CancellationError) {
      while true {
        try await loop.sleep(for: Self.housekeeping)
        await check()
      }
    } catch {
      return .cancelled
    }
  }

  private func check() async {
    if await settings.heldBack() == .diskFull {
      // Nothing can be told of it before there is room.
      for watcher in watchersInOrder { await watcher.holdBack(because: .diskFull) }
      return
    }
    // Side by side, so that what they save shares a transaction.
    await withDiscardingTaskGroup { group in
      for watcher in watchersInOrder where await watcher.isDueForCheck {
        group.addTask { await watcher.check() }
      }
    }
  }
}
