import RollcallCore
import RollcallKit
import RollcallServer
import Synchronization

/// `rollcall listen`: a webhook receiver that verifies what comes and prints it, until it is interrupted.
struct ListenCommand: Command {
  static let port = Option(
    "port", .integer(in: 0...UInt16.max), default: 8787, help: "the port to listen on; 0 takes a free one")
  static let secretFile = Option(
    repeated: "secret-file", .file, fallback: EnvironmentVariable.webhookSecret.rawValue,
    help: "a file that holds a whsec_… secret to verify with")

  static let spec = CommandSpec(
    name: "listen",
    summary: "receive webhooks, verify them and print the events",
    usage: ["listen [--port N] [--secret-file F] [--format text|ndjson]"],
    details: [
      "Takes deliveries on 127.0.0.1, as a webhook's receiver should: it refuses what is not signed, passes over what it"
        + " has had, says where an event is missing, and prints each event once."
    ],
    groups: [OptionGroup("Receiver", [port, secretFile, DisplayOptions.format])])

  /// 0 takes any port that is free.
  let port: UInt16
  /// Deliveries have to be signed with one of these; empty where nothing is verified.
  let secrets: [WebhookSecret]
  /// To be logged once each.
  let warnings: [String]
  let format: OutputFormat
  private let look: TerminalLook

  static func statusIfNotBegun(with arguments: [String]) -> ExitStatus? { .done }

  /// - Throws: ``UsageError``, with ``ExitStatus/configuration`` for a secret that cannot be used.
  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    port = try arguments[Self.port]
    format = try DisplayOptions.format(arguments, context)
    look = context.look
    var secrets: [WebhookSecret] = []
    var warnings: [String] = []
    for path in try arguments[Self.secretFile] {
      let file = try SecretFile(path: path, option: Self.secretFile.name, pipes: .awaited())
      if let warning = file.warning { warnings.append(warning) }
      secrets.append(try SigningSecret(file.secret.reveal(), from: .file(Self.secretFile.name)).secret)
    }
    if secrets.isEmpty, let text = context[.webhookSecret] {
      secrets.append(try SigningSecret(text, from: .environment(.webhookSecret)).secret)
    }
    self.secrets = secrets
    self.warnings = warnings
  }

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    let log = StandardError(LogOptions())
    for warning in warnings { log.log(.warning, warning) }
    return MainLoop.run(signals, log) { loop in
      do throws(UsageError) {
        return try await listen(log, on: loop)
      } catch {
        log.report(error)
        return error.exit.code
      }
    }
  }

  /// Listens until the task is cancelled, or nothing more can be printed.
  private func listen(_ log: StandardError, on loop: EventLoop) async throws(UsageError) -> Int32 {
    let inbox = Mutex(WebhookInbox(secrets: secrets))
    let printer = InboxPrinter(format, look)
    let server: HTTPServer
    do throws(ServerError) {
      server = try HTTPServer(port: port) { request in
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
    let manner = secrets.isEmpty ? "nothing is verified without --secret-file" : "signatures are verified"
    log.log(.notice, "listening at http://127.0.0.1:\(server.port)/; \(manner)")
    return StandardOutput.status(after: await printer.ending(on: loop), log)
  }
}

/// Prints what the threads of a receiver take in. A delivery is answered only once its line is written, so they wait for
/// a reader that stalls, until the receiver ends.
final class InboxPrinter: Sendable {
  private let output = StandardOutput.shared
  private let format: OutputFormat
  private let table: Mutex<EventTable>
  private let isOver = Atomic(false)
  private let endings: AsyncStream<LineWriter.Ending>
  private let end: AsyncStream<LineWriter.Ending>.Continuation

  init(_ format: OutputFormat, _ look: TerminalLook) {
    self.format = format
    table = Mutex(EventTable(look, namesConference: true))
    (endings, end) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
  }

  /// Writes an event, and waits for room on the calling thread. Those of several threads must not be written at once.
  ///
  /// - Returns: whether it is written.
  func print(_ line: [UInt8]) -> Bool {
    switch output.write(shown(line), while: { !isOver.load(ordering: .relaxed) }) {
    case .taken: return true
    case .noRoom: return false
    case .readerGone: end.yield(.readerGone)
    case .failed(let number): end.yield(.failed(number))
    }
    return false
  }

  /// What is not an event of this version has no row, and stays JSON.
  private func shown(_ line: [UInt8]) -> [UInt8] {
    guard format == .text, let event = EventLine(delivered: line) else { return StandardOutput.shown(line) }
    return table.withLock { $0.bytes(of: event) }
  }

  /// Has lines wait for room no longer.
  func stop() { isOver.store(true, ordering: .relaxed) }

  /// Waits until nothing more can be printed, or the task is cancelled. Nobody would know of the events otherwise.
  func ending(on loop: EventLoop) async -> LineWriter.Ending {
    await withTaskGroup(of: LineWriter.Ending.self) { group in
      defer { group.cancelAll() }
      group.addTask { await DescriptorOutput(on: loop, to: self.output).readerLeaves() }
      group.addTask { await self.endings.first { _ in true } ?? .cancelled }
      return await group.next() ?? .cancelled
    }
  }
}
