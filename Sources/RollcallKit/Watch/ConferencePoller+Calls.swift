import RollcallCore

/// Asking for the calls of those who came, while the events of a poll wait for it.
extension ConferencePoller {
  /// No question is sent in the last quarter of the time for them: most of those under way then are answered in time.
  private static let lastQuarter = 4
  /// So many questions of a poll do not wait for their turn in the budget, whatever happens in all rooms at once.
  private static let sentAtOnce = 2

  /// Has events say what is known of calls, and asks for those that are not known.
  func tellCalls(in commit: inout PollCommit, asks: Bool) async {
    guard calls != nil else { return }
    calls?.begin(&commit.drafts)
    if asks { await askForCalls(for: callTime) }
    calls?.finish(&commit.drafts)
    let answers = calls?.takeAnswers() ?? []
    commit.changes?.calls += answers
  }

  /// How long the events of a poll may wait for calls: at the start no longer than the scan itself.
  private var callTime: Duration {
    guard let startDeadline, !hasScanned else { return ConferenceTracker.confirmationTime }
    return min(ConferenceTracker.confirmationTime, max(.zero, loop.now.duration(to: startDeadline)))
  }

  /// Asks once more where earlier polls had no answer, in a poll that has nothing to tell.
  func catchUpOnCalls() async {
    guard calls?.questions.isEmpty == false else { return }
    // The next poll does not wait for them.
    await askForCalls(for: min(ConferenceTracker.confirmationTime, settings.interval / 2))
    guard calls?.hasAnswers == true, let changes = tracker.takeChanges() else { return }
    _ = await store([], changes)
  }

  private enum Step: Sendable {
    case answered(CallSID, CallReply)
    /// The budget may have room.
    case turn
    /// The time for questions is over, or the run is.
    case over
  }

  /// Asks for everybody who is to be asked for, within the limits that confirmations of departures have.
  private func askForCalls(for time: Duration) async {
    var waiting = Array((calls?.questions ?? []).reversed())
    guard !waiting.isEmpty, !Task.isCancelled else { return }
    let start = loop.now
    let sendingEnd = start.advanced(by: time - time / Self.lastQuarter)
    await withTaskGroup(of: Step.self) { group in
      var (sent, inFlight, isTimed) = (0, 0, false)
      addTimer(until: start.advanced(by: time), as: .over, to: &group)
      asking: while true {
        sending: while inFlight < ConferenceTracker.maximumConfirmationsInFlight, !isTimed, let call = waiting.last {
          switch turn(after: sent, before: sendingEnd) {
          case .now:
            waiting.removeLast()
            sent += 1
            inFlight += 1
            send(call, in: &group)
          case .at(let moment):
            isTimed = true
            addTimer(until: moment, as: .turn, to: &group)
          case .never:
            waiting = []
            break sending
          }
        }
        guard inFlight > 0 || isTimed, let step = await group.next() else { break }
        switch step {
        case .answered(let call, let reply):
          inFlight -= 1
          calls?.take(reply, about: call)
          if reply == .refused { origin.callsAreRefused() }
        case .turn: isTimed = false
        case .over: break asking
        }
      }
      group.cancelAll()
    }
  }

  private func send(_ call: CallSID, in group: inout TaskGroup<Step>) {
    calls?.ask(call)
    group.addTask { [api] in .answered(call, await api.call(call)) }
  }

  private func addTimer(until moment: BootInstant, as step: Step, to group: inout TaskGroup<Step>) {
    group.addTask { [loop] in
      do throws(CancellationError) {
        try await loop.sleep(until: moment)
        return step
      } catch {
        return .over
      }
    }
  }

  private enum Turn {
    /// One request, which then has to be sent.
    case now
    case at(BootInstant)
    case never
  }

  /// When the next question may be sent. Unlike those about who is gone most of them wait for their turn in the budget: a
  /// room of a thousand must not keep polls waiting. Where polls themselves wait for theirs, no events wait as well.
  private func turn(after sent: Int, before end: BootInstant) -> Turn {
    guard loop.now < end else { return .never }
    let turn = origin.govern { governor, now in
      governor.admitQuestion(isUrgent: sent < Self.sentAtOnce, at: now)
    }
    switch turn {
    case .now: return .now
    case .never: return .never
    case .at(let moment): return BootInstant(moment) < end ? .at(BootInstant(moment)) : .never
    }
  }
}
