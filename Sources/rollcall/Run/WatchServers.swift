import RollcallCore
import RollcallKit
import RollcallServer

/// The address at which callbacks are accepted, and their token.
struct CallbackSource: Sendable {
  let address: ListenAddress
  let token: CallbackToken
  /// Reads the token again; returns nil if it stays as it was.
  let reread: @Sendable () -> CallbackToken?

  /// Reads the token, and logs any warning about its file.
  ///
  /// - Throws: ``UsageError`` with ``ExitStatus/configuration``.
  init(_ options: CallbackOptions, _ log: StandardError) throws(UsageError) {
    let (token, warning) = try options.token(pipes: .awaited())
    if let warning { log.log(.warning, warning) }
    address = options.address
    self.token = token
    reread = {
      do throws(UsageError) {
        return try options.token(pipes: .refused).token
      } catch {
        log.log(.warning, "the callback token stays as it was, because it could not be reloaded: \(error.message)")
        return nil
      }
    }
  }
}

/// The servers of a watch: one answers probes, the other accepts callbacks.
struct WatchServers: Sendable {
  /// How long to wait for a port that another process uses, and the pause between two attempts.
  private static let (portPatience, portPause): (Duration, Duration) = (.seconds(1), .milliseconds(50))

  let health: HealthServer?
  let callbacks: CallbackServer?
  /// The hints from callbacks; nil if no callbacks are accepted.
  let hints: HintQueue?
  private let source: CallbackSource?

  /// Opens the configured ports.
  ///
  /// - Throws: ``UsageError`` with ``ExitStatus/configuration`` if a port cannot be opened; no port is open then.
  init(
    health: ListenAddress?, callbacks source: CallbackSource?, on loop: EventLoop, log: StandardError
  ) async throws(UsageError) {
    let hints = source.map { _ in HintQueue() }
    var server: HealthServer?
    if let health {
      server = try await Self.open(WatchOptions.health, on: loop) { () throws(ServerError) in
        try HealthServer(health, on: loop)
      }
    }
    var callbacks: CallbackServer?
    if let source, let hints {
      do throws(UsageError) {
        callbacks = try await Self.open(CallbackOptions.callbacks, on: loop) { () throws(ServerError) in
          try CallbackServer(source.address, CallbackDesk(source.token, hints, log))
        }
      } catch {
        server?.stop()
        throw error
      }
    }
    (self.health, self.callbacks, self.hints, self.source) = (server, callbacks, hints, source)
  }

  /// Opens a port. A predecessor that has just been asked to end frees it in a moment.
  private static func open<Server>(
    _ option: some OptionDeclaration, on loop: EventLoop, _ open: () throws(ServerError) -> Server
  ) async throws(UsageError) -> Server {
    let end = loop.now.advanced(by: portPatience)
    while true {
      do throws(ServerError) {
        return try open()
      } catch {
        let mayBeFreed = if case .portInUse = error { loop.now < end } else { false }
        if mayBeFreed, await loop.sleeps(for: portPause) { continue }
        throw UsageError(
          "\(error)", right: "choose another \(option.spec.name.argument) port", exit: .configuration)
      }
    }
  }

  /// Reads the callbacks' token again.
  func reload() {
    if let callbacks, let token = source?.reread() { callbacks.renew(token) }
  }

  /// Frees the ports, and waits for pending answers.
  func stop() {
    health?.stop()
    callbacks?.stop()
  }
}
