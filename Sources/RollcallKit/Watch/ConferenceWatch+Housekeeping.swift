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
          try await loop.sleep(for: Self.housekeeping)
          tellOfBudget()
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
    for poller in pollersInOrder where await poller.isDueForCheck {
      group.addTask { await poller.check() }
    }
  }

  /// Says it once where conferences cannot be polled as often as asked for.
  private func tellOfBudget() {
    guard !hasToldOfBudget else { return }
    let (isExceeded, needed, worstCase) = gate.pace.update { budget in
      (budget.isExceeded && !budget.isThrottled, budget.needed, budget.worstCase)
    }
    guard isExceeded else { return }
    hasToldOfBudget = true
    settings.tell(.overBudget(needed: needed, allowed: settings.requestsPerSecond, worstCase: worstCase))
  }
}
