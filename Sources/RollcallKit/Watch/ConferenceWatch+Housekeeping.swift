import RollcallCore

/// What is looked after beside the polls, once in a second.
extension ConferenceWatch {
  /// How often gaps are looked for.
  private static let housekeeping: Duration = .seconds(1)

  /// Looks after gaps, saving and the budget until the task is cancelled.
  func keepHouse() async {
    do throws(CancellationError) {
      while true {
        try await loop.sleep(for: Self.housekeeping)
        await check()
      }
    } catch {
      return
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

  private func check() async {
    tellOfBudget()
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
