import RollcallCore

/// The sign of life that a run gives on demand.
extension ConferenceWatch {
  /// Tells at every tick what polls came to, until the task is cancelled. A tick that has passed is skipped.
  func beat(every interval: Duration) async {
    let start = loop.now
    do throws(CancellationError) {
      while true {
        // In integers: a quotient rounded down would tell the tick that has just been told once more.
        let ticks = start.duration(to: loop.now).wholeMilliseconds / interval.wholeMilliseconds + 1
        try await loop.sleep(until: start.advanced(by: interval * ticks))
        // Where nobody reads, or nothing can be stored, nobody waits for a sign of life either.
        guard settings.heldBack() == nil, settings.storeObstacle() == nil else { continue }
        let counts = await heartbeat()
        _ = await publish(PollCommit([.heartbeat(counts, at: clock.now)]))
      }
    } catch {
      return
    }
  }

  private func heartbeat() async -> WatchDetail.Heartbeat {
    let tally = origin.govern { governor, _ in governor.takeTally() }
    var rooms = 0
    var people = 0
    for poller in pollersInOrder {
      guard let count = await poller.participantCount else { continue }
      rooms += 1
      people += count
    }
    return WatchDetail.Heartbeat(
      conferences: rooms, participants: people, polls: tally.polls, failures: tally.failures + tally.discoveryFailures,
      pollDelayMedian: tally.delays.percentile(50), pollDelay99thPercentile: tally.delays.percentile(99),
      undelivered: await undelivered())
  }
}
