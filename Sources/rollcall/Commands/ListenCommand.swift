import RollcallCore
import RollcallKit
import RollcallServer
import Synchronization

/// `rollcall listen`: a webhook receiver that verifies and prints deliveries until it is interrupted.
struct ListenCommand: Command {
  static let port = Option(
    "port", .integer(in: 0...UInt16.max), default: 8787, help: "the port to listen on; 0 chooses a free one")
  static let secretFile = Option(
    repeated: "secret-file", .file, fallback: EnvironmentVariable.webhookSecret.rawValue,
    help: "a file that holds a whsec_… secret to verify with")

  static let spec = CommandSpec(
    name: "listen",
    summary: "receive webhooks, verify them and print the events",
    usage: ["listen [--port N] [--secret-file F] [--format text|ndjson]"],
    details: [
      "Receives webhooks on 127.0.0.1 as a receiver should: it refuses deliveries without a valid signature, ignores repeated"
        + " ones, warns if an event is missing, and prints each event once."
    ],
    groups: [OptionGroup("Receiver", [port, secretFile, DisplayOptions.format])])

  /// 0 for any free port.
  let port: UInt16
  /// A delivery must be signed with one of these; if this is empty, nothing is verified.
  let secrets: [WebhookSecret]
  /// The warnings about secret files.
  let warnings: [String]
  let format: OutputFormat
  private let terminal: TerminalCapabilities

  static func statusIfNotBegun(with arguments: [String]) -> ExitStatus? { .done }

  /// - Throws: ``UsageError``, with ``ExitStatus/configuration`` for an invalid secret.
  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    port = try arguments[Self.port]
    format = try DisplayOptions.format(arguments, context)
    terminal = context.terminal
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

  /// Listens until the task is cancelled or standard output fails.
  private func listen(_ log: StandardError, on loop: EventLoop) async throws(UsageError) -> Int32 {
    let inbox = Mutex(WebhookInbox(secrets: secrets))
    let printer = InboxPrinter(format, terminal)
    let server: HTTPServer
    do throws(ServerError) {
      server = try HTTPServer(port: port) { request in
        inbox.withLock { inbox in
          let verdict = inbox.judge(request, now: loop.wallClock.milliseconds / 1000)
          // Printing under the lock keeps lines whole and in the order of their answers.
          if let line = verdict.line, !printer.print(line) {
            return .text("standard output has no reader\n", status: 503)
          }
          if let remark = verdict.remark { log.log(.warning, remark) }
          return verdict.reply
        }
      }
    } catch {
      throw UsageError("\(error)", right: "choose another --port, or 0 for any free one", exit: .configuration)
    }
    defer {
      // Otherwise the server would wait for threads that are waiting for the reader of standard output.
      printer.stop()
      server.stop()
    }
    let manner = secrets.isEmpty ? "signatures are not verified without --secret-file" : "signatures are verified"
    log.log(.notice, "listening at http://127.0.0.1:\(server.port)/; \(manner)")
    return StandardOutput.status(after: await printer.ending(on: loop), log)
  }
}

/// Prints the deliveries that a receiver's threads accept. A delivery is answered only once its line is written, so a
/// stalled reader makes the threads wait until the receiver ends.
final class InboxPrinter: Sendable {
  private let output = StandardOutput.shared
  private let format: OutputFormat
  private let table: Mutex<EventTable>
  private let isOver = Atomic(false)
  private let endings: AsyncStream<LineWriter.Ending>
  private let end: AsyncStream<LineWriter.Ending>.Continuation

  init(_ format: OutputFormat, _ terminal: TerminalCapabilities) {
    self.format = format
    table = Mutex(EventTable(terminal, namesConference: true))
    (endings, end) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
  }

  /// Writes an event, and blocks the calling thread until there is room. Must not be called concurrently.
  ///
  /// - Returns: whether it was written.
  func print(_ line: [UInt8]) -> Bool {
    switch output.write(shown(line), while: { !isOver.load(ordering: .relaxed) }) {
    case .taken: return true
    case .noRoom: return false
    case .readerGone: end.yield(.readerGone)
    case .failed(let number): end.yield(.failed(number))
    }
    return false
  }

  /// Returns a row, or JSON if this version does not know the event.
  private func shown(_ line: [UInt8]) -> [UInt8] {
    guard format == .text, let event = EventLine(delivered: line) else { return StandardOutput.shown(line) }
    return table.withLock { $0.bytes(of: event) }
  }

  /// Makes ``write(_:)`` stop waiting for room.
  func stop() { isOver.store(true, ordering: .relaxed) }

  /// Waits until standard output fails or the task is cancelled. Without output, no more deliveries may be accepted.
  func ending(on loop: EventLoop) async -> LineWriter.Ending {
    await withTaskGroup(of: LineWriter.Ending.self) { group in
      defer { group.cancelAll() }
      group.addTask { await DescriptorOutput(on: loop, to: self.output).readerLeaves() }
      group.addTask { await self.endings.first { _ in true } ?? .cancelled }
      return await group.next() ?? .cancelled
    }
  }
}
