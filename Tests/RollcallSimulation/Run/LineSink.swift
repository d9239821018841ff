import RollcallCore

/// Standard output: does what the kit's `LineWriter` does, for a reader who stalls now and then.
final class LineSink {
  static let target = "stdout"
  private static let batch = 256

  private let run: Run
  private var progress: TargetProgress
  private var isWriting = false
  private var hasNews = false
  private var isFinishing = false
  private var isOver = false

  init(_ run: Run) {
    self.run = run
    progress = run.store.progress(of: Self.target)
    run.judge.delivery.beginLines(after: progress.taken)
  }

  func notice() {
    hasNews = true
    guard !isWriting, !isOver else { return }
    isWriting = true
    run.after(0) { [self] in write() }
  }

  /// No more comes.
  func finish() {
    isFinishing = true
    notice()
  }

  private func write() {
    hasNews = false
    for event in run.store.events(after: progress.taken, limit: Self.batch) {
      let wait = run.simulation.reader.wait
      guard wait == 0 else { return run.after(wait) { [self] in write() } }
      run.simulation.reader.take(event)
      progress.taken = event.sequence
      run.store.note(progress, of: Self.target)
    }
    if hasNews || run.store.lastSequence > progress.taken { return run.after(0) { [self] in write() } }
    isWriting = false
    guard isFinishing, !isOver else { return }
    isOver = true
    run.outputEnded()
  }
}
