import RollcallCore

/// Holds every poll of one origin back while the origin has asked for that.
actor OriginGate {
  private let loop: EventLoop
  private var opensAt: BootInstant

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  init(on loop: EventLoop) {
    self.loop = loop
    opensAt = loop.now
  }

  /// Closes the gate for so long from now; a pause never shortens another.
  func pause(for duration: Duration) {
    opensAt = max(opensAt, loop.now.advanced(by: duration))
  }

  /// Waits until polls may go on.
  ///
  /// - Returns: false where the task was cancelled.
  func open() async -> Bool {
    do throws(CancellationError) {
      while loop.now < opensAt { try await loop.sleep(until: opensAt) }
      return true
    } catch {
      return false
    }
  }
}
