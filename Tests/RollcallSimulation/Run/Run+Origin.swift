import RollcallCore

/// The origin: does what the kit's `OriginGate` does.
extension Run {
  func admit() -> OriginAccess.Admission {
    access.admit(at: Timestamp(milliseconds: agenda.now))
  }

  func renewsToken() -> Bool { !access.isRefused }

  func failed(_ failure: ScanFailure) {
    if case .throttled = failure { polls.throttled() }
    let wasRefused = access.isRefused
    access.failed(failure, at: Timestamp(milliseconds: agenda.now))
    if wasRefused, !access.isRefused { openGate() }
  }

  func accepted() {
    polls.succeeded()
    if access.accepted() { openGate() }
  }

  func waitForGate(until moment: Moment, _ body: @escaping () -> Void) {
    gateNumber += 1
    let number = gateNumber
    gate.append((moment, number, body))
    at(moment) { [self] in
      guard let place = gate.firstIndex(where: { $0.number == number }) else { return }
      gate.remove(at: place).body()
    }
  }

  func openGate() {
    let waiting = gate
    gate = []
    for item in waiting { after(0, item.body) }
  }

  /// SIGHUP.
  func hangUp() {
    access.renewed(at: Timestamp(milliseconds: agenda.now))
    openGate()
  }
}
