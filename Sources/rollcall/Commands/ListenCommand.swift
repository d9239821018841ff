import RollcallCore
import RollcallKit
import RollcallServer
import Synchronization

/// `rollcall listen`: a webhook receiver that verifies what comes and prints it, until it is interrupted.
struct ListenCommand {
  private let options: ListenOptions

  init(_ options: ListenOptions) { self.options = options }

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    let log = StandardError(LogOptions())
    for warning in options.warnings { log.log(.warning, warning) }
    let options = options
    return MainLoop.run(signals, log) { loop in
      do throws(UsageError) {
        return try await Self.listen(options, log, on: loop)
      } catch {
        log.report(error)
        return error.exit.code
      }
    }
  }

  /// Listens until the task is cancelled, or nothing more can be printed.
  private static func listen(
    _ options: ListenOptions, _ log: StandardError, on loop: EventLoop
  ) async throws(UsageError) -> Int32 {
    let inbox = Mutex(WebhookInbox(secrets: options.secrets))
    let printer = InboxPrinter()
    let server: HTTPServer
    do throws(ServerError) {
      server = try HTTPServer(port: options.port) { request in
        inbox.withLock { inbox in
          let verdict = inbox.judge(request, now: loop.wallClock.milliseconds / 1000)
          // Within the lock, so that lines are whole and in the order of their answers.
          if let line = verdict.line, !printer.print(line) {
            return .text("what is printed has no reader\n", status: 503)
          }
          if let remark = verdict.remark { log.log(.warning, remark) }
          return verdict.reply
        }
      }
    } catch {
      throw UsageError("\(error)", right: "choose another --port, or 0 for any free one", exit: .configuration)
    }
    defer {
      // Threads that wait for a reader would be waited for.
      printer.stop()
      server.stop()
    }
    let manner = options.secrets.isEmpty ? "nothing is verified without --secret-file" : "signatures are verified"
    log.log(.notice, "listening at http://127.0.0.1:\(server.port)/; \(manner)")
    return StandardOutput.status(after: await printer.ending(on: loop), log)
  }
}
