#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif
import RollcallCore
import RollcallKit
import RollcallServer
import Synchronization

/// `rollcall listen`: a webhook receiver that verifies what comes and prints it, until it is interrupted.
struct ListenCommand {
  private let options: ListenOptions

  init(_ options: ListenOptions) { self.options = options }

  func run() throws(UsageError) -> Int32 {
    let log = StandardError(LogOptions())
    for warning in options.warnings { log.log(.warning, warning) }
    let loop = EventLoop()
    let inbox = Mutex(WebhookInbox(secrets: options.secrets))
    let server: HTTPServer
    do throws(ServerError) {
      server = try HTTPServer(port: options.port) { request in
        inbox.withLock { inbox in
          let verdict = inbox.judge(request, now: loop.wallClock.milliseconds / 1000)
          // Within the lock, so that lines are whole and in the order of their answers.
          if let line = verdict.line { Self.write(line, log) }
          if let remark = verdict.remark { log.log(.warning, remark) }
          return verdict.reply
        }
      }
    } catch {
      throw UsageError("\(error)", right: "choose another --port, or 0 for any free one", exit: .configuration)
    }
    defer { server.stop() }
    let manner = options.secrets.isEmpty ? "nothing is verified without --secret-file" : "signatures are verified"
    return loop.run {
      guard let signals = Signals(on: loop) else { return ExitStatus.internalError.code }
      log.log(.notice, "listening at http://127.0.0.1:\(server.port)/; \(manner)")
      for await signal in signals.arrivals where signal != .hangUp { break }
      return ExitStatus.done.code
    }
  }

  /// What cannot be printed ends the process: nobody would know of the events otherwise.
  private static func write(_ line: [UInt8], _ log: StandardError) {
    do throws(UsageError) {
      try StandardOutput.write(line)
    } catch {
      log.report(error)
      exit(error.exit.code)
    }
  }
}
