/// Requests under way, each of which ends once: by its value, or by being cancelled.
///
/// Unchecked because everything of a seed happens on one thread.
final class PendingRequests<Value: Sendable>: @unchecked Sendable {
  private var waiting: [Int: CheckedContinuation<Value?, Never>] = [:]
  private var count = 0
  private var isOver = false

  /// How many are under way.
  var open: Int { waiting.count }

  /// Waits for a value.
  ///
  /// - Parameter begin: gets what takes the value.
  /// - Returns: nil where the task was cancelled or all requests were.
  func wait(isolation: isolated (any Actor)? = #isolation, _ begin: (@escaping (Value) -> Void) -> Void) async -> Value?
  {
    count += 1
    let number = count
    return await withTaskCancellationHandler {
      // Without a mention of the caller's actor this closure would run on the global pool.
      _ = isolation
      return await withCheckedContinuation { continuation in
        guard !isOver, !Task.isCancelled else { return continuation.resume(returning: nil) }
        waiting[number] = continuation
        begin { value in self.end(number, value) }
      }
    } onCancel: {
      end(number, nil)
    }
  }

  /// Ends all of them, and every later one at once.
  func cancelAll() {
    isOver = true
    for number in waiting.keys.sorted() { end(number, nil) }
  }

  private func end(_ number: Int, _ value: Value?) {
    waiting.removeValue(forKey: number)?.resume(returning: value)
  }
}
