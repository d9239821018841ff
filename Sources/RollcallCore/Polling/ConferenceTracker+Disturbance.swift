extension ConferenceTracker {
  /// Takes note that scans are far apart though no poll has failed: the machine slept, or its clock jumped.
  package mutating func disturbed(by reason: OutageReason) {
    switch reason {
    case .suspended: outage.note(Outage.Cause(reason: reason, error: "this machine or rollcall was suspended"))
    case .clockJump: outage.note(Outage.Cause(reason: reason, error: "this machine's clock was set forward"))
    case .pollFailed, .unauthorised, .throttled, .malformed, .diskFull, .stateBusy, .backpressure, .restart: break
    }
  }
}

extension Outage.Cause {
  /// Whether polls that fail right after it most likely fail because of it.
  var explainsFailures: Bool {
    switch reason {
    case .suspended, .clockJump: true
    case .pollFailed, .unauthorised, .throttled, .malformed, .diskFull, .stateBusy, .backpressure, .restart: false
    }
  }
}
