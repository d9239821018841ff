import RollcallCore
import Synchronization

/// How many requests the origin is sent by all who ask it, shared by them.
final class PollPace: Sendable {
  private let budgetState: Mutex<RequestBudget>

  init(_ budget: RequestBudget) { budgetState = Mutex(budget) }

  /// Does something with the budget; nobody else does meanwhile.
  func update<Result: Sendable>(_ body: (inout sending RequestBudget) -> sending Result) -> Result {
    budgetState.withLock { budget in body(&budget) }
  }

  /// The budget as it is now.
  var budget: RequestBudget { budgetState.withLock { $0 } }

  /// The longest time between two polls of a conference.
  var worstCase: Duration { budgetState.withLock(\.worstCase) }
}
