import RollcallCore

/// What is looked after beside the polls, once in a second.
extension ConferenceWatch {
  /// How often outages are looked for.
  private static let housekeeping: Duration = .seconds(1)

  /// Looks after outages, saving and the budget until the task is cancelled.
  func keepHouse() async {
    await withDiscardingTaskGroup { group in
      do throws(CancellationError) {
        while true {
          let due = loop.now.advanced(by: Self.housekeeping)
          try await loop.sleep(until: due)
          clock.noteStall(since: due)
          tellOfBudget()
          if origin.renewChangedToken() { beginPollsSoon() }
          await check(&group)
        }
      } catch {
        return
      }
    }
  }

  /// Has each conference looked after in a task of its own: what they save shares a transaction, and what cannot be stored
  /// now keeps nobody else waiting.
  private func check(_ group: inout DiscardingTaskGroup) async {
    // Nothing can be told before the store takes commits again.
    guard settings.storeObstacle() == nil else { return }
    if isAnswerDue { group.addTask { await self.saveAnswer() } }
    for poller in pollersInOrder where await poller.isDueForCheck() {
      group.addTask { await poller.check() }
    }
  }

  /// Says it once where conferences cannot be polled as often as asked for.
  private func tellOfBudget() {
    guard !hasToldOfBudget else { return }
    let budget = origin.budget
    guard budget.isExceeded, !budget.isThrottled else { return }
    hasToldOfBudget = true
    settings.tell(
      .overBudget(needed: budget.needed, allowed: settings.requestsPerSecond, worstCase: budget.worstCase))
  }
}
