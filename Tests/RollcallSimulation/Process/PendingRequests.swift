/// Pending requests, each of which ends once: with its value or by cancellation.
///
/// Unchecked because everything of a seed runs on one thread.
final class PendingRequests<Value: Sendable>: @unchecked Sendable {
  private var waiting: [Int: CheckedContinuation<Value?, Never>] = [:]
  private var count = 0
  private var isOver = false

  /// The number of pending requests.
  var open: Int { waiting.count }

  /// Waits for a value.
  ///
  /// - Parameter begin: receives the function that ends the request with a value.
  /// - Returns: nil if the task or all requests were cancelled.
  func wait(isolation: isolated (any Actor)? = #isolation, _ begin: (@escaping (Value) -> Void) -> Void) async -> Value?
  {
    count += 1
    let number = count
    return await withTaskCancellationHandler {
      // Mentioning the caller's actor keeps this closure off the global pool.
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

  /// Cancels all requests, including later ones.
  func cancelAll() {
    isOver = true
    for number in waiting.keys.sorted() { end(number, nil) }
  }

  private func end(_ number: Int, _ value: Value?) {
    waiting.removeValue(forKey: number)?.resume(returning: value)
  }
}
