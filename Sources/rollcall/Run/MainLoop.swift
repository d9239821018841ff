import RollcallKit

/// The loop of a command that works until it is done or a signal asks for its end.
enum MainLoop {
  private enum Step: Sendable {
    case worked(Int32)
    case signalled
    case nothing
  }

  /// Runs work on the calling thread.
  ///
  /// - Parameters:
  ///   - renew: is called after SIGHUP.
  ///   - work: is cancelled when a signal asks for the end, and has to return soon then.
  /// - Returns: the exit status that the work returned.
  static func run(
    _ signals: Signals, _ log: StandardError, renew: @escaping @Sendable () -> Void = {},
    work: @escaping @Sendable (EventLoop) async -> Int32
  ) -> Int32 {
    let loop = EventLoop()
    return loop.run {
      await withTaskGroup(of: Step.self) { group in
        defer { group.cancelAll() }
        group.addTask { .worked(await work(loop)) }
        group.addTask { await signals.ending() ? .signalled : .nothing }
        group.addTask {
          for await _ in signals.hangUps { renew() }
          return .nothing
        }
        group.addTask {
          await log.attend(on: loop)
          return .nothing
        }
        for await step in group {
          switch step {
          case .worked(let status): return status
          case .signalled: group.cancelAll()
          case .nothing: break
          }
        }
        return ExitStatus.internalError.code
      }
    }
  }
}
