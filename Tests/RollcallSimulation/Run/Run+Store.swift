import RollcallCore

/// The store: does what the command's `RunStore` does.
extension Run {
  private static let fullPause: Int64 = 1000

  /// Why nothing may be polled now.
  var heldBack: GapReason? {
    if waitingForRoom > 0 { return .diskFull }
    guard lines != nil else { return nil }
    return store.undelivered(to: LineSink.target) >= plan.lineBound ? .backpressure : nil
  }

  /// Stores a poll's events, and has everybody fetch them.
  func publish(_ commit: PollCommit, isLast: Bool = false, then: @escaping () -> Void) {
    keep(commit, isLast: isLast, isWaiting: false) { [self] isStored in
      if isStored, !commit.drafts.isEmpty {
        lines?.notice()
        for sink in sinks { sink.notice() }
      }
      then()
    }
  }

  private func keep(_ commit: PollCommit, isLast: Bool, isWaiting: Bool, then: @escaping (Bool) -> Void) {
    let end: (Bool) -> Void = { [self] isStored in
      if isWaiting { waitingForRoom -= 1 }
      then(isStored)
    }
    guard !isBroken else { return end(false) }
    store.commit(commit) { [self] failure in
      guard isAlive else { return }
      guard let failure else { return end(true) }
      guard failure.kind == .full, !isLast, !isStopping else {
        isBroken = true
        if !isLast, !isStopping { status = .inputOutput }
        end(false)
        return stop(.error)
      }
      if !isWaiting { waitingForRoom += 1 }
      retry { [self] in keep(commit, isLast: isLast, isWaiting: true, then: then) }
    }
  }

  /// Tries again after a pause, which the end of the run cuts short.
  private func retry(_ body: @escaping () -> Void) {
    var isDone = false
    let once = {
      guard !isDone else { return }
      isDone = true
      body()
    }
    retries.append(once)
    after(Self.fullPause, once)
  }
}
