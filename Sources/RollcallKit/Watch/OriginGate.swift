import RollcallCore

/// Holds every request to one origin back while it has asked for that, or refuses the token.
actor OriginGate {
  private let loop: EventLoop
  private let token: CurrentToken
  /// How many requests the origin is sent.
  nonisolated let pace: PollPace
  private var access = OriginAccess()
  /// Those who wait for a change.
  private var sleepers: [ObjectIdentifier: SleepTimer] = [:]

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  init(on loop: EventLoop, token: CurrentToken, budget: RequestBudget) {
    self.loop = loop
    self.token = token
    pace = PollPace(budget)
  }

  /// Asks for one request, which then has to be sent. While the token is refused it is read again before each.
  func admit() -> OriginAccess.Admission {
    let admission = access.admit(at: Timestamp(loop.now))
    if admission == .open, access.isRefused { token.renew() }
    return admission
  }

  /// Whether a question that can wait may be sent now.
  var isOpen: Bool { access.isOpen(at: Timestamp(loop.now)) }

  /// Takes a first refusal of the token, and reads it again.
  ///
  /// - Returns: whether the request is to be sent once more; not where it is known that the token read again is refused.
  func renewsToken() -> Bool {
    guard !access.isRefused else { return false }
    token.renew()
    return true
  }

  /// Reads the token again on somebody's wish, and tries it at once where the old one was refused.
  func renewToken() {
    token.renew()
    access.renewed(at: Timestamp(loop.now))
    wakeAll()
  }

  func failed(_ failure: ScanFailure) {
    if case .throttled = failure { pace.update { [now = Timestamp(loop.now)] in $0.throttled(at: now) } }
    let wasRefused = access.isRefused
    access.failed(failure, at: Timestamp(loop.now))
    if wasRefused, !access.isRefused { wakeAll() }
  }

  func succeeded() {
    pace.update { $0.succeeded() }
    if access.accepted() { wakeAll() }
  }

  /// Waits until a moment, or until the gate may have opened.
  ///
  /// - Returns: false where the task was cancelled.
  func wait(until moment: BootInstant) async -> Bool {
    let timer = loop.timer(for: moment)
    sleepers[ObjectIdentifier(timer)] = timer
    defer { sleepers[ObjectIdentifier(timer)] = nil }
    do throws(CancellationError) {
      try await loop.sleep(timer)
      return true
    } catch {
      return false
    }
  }

  private func wakeAll() {
    for timer in sleepers.values { loop.wake(timer) }
  }
}
