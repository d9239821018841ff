import RollcallCore
import Synchronization

/// How many requests the origin is sent by all who ask it, shared by them.
final class PollPace: Sendable {
  private let budget: Mutex<RequestBudget>

  init(_ budget: RequestBudget) { self.budget = Mutex(budget) }

  /// Does something with the budget; nobody else does meanwhile.
  func update<Result: Sendable>(_ body: (inout sending RequestBudget) -> sending Result) -> Result {
    budget.withLock { budget in body(&budget) }
  }

  /// The longest time between two polls of a conference.
  var worstCase: Duration { budget.withLock(\.worstCase) }
}
