import RollcallCore
import RollcallKit

/// `rollcall watch`: the main job.
struct WatchCommand {
  private let options: WatchOptions

  init(_ options: WatchOptions) { self.options = options }

  func run() throws(UsageError) -> Int32 {
    let log = StandardError(options.log)
    if let warning = options.account.warning { log.log(.warning, warning) }
    let webhooks = try webhooks(log)
    CommandLineSecrets.cover()
    var settings = WatchSettings(interval: options.interval, waits: options.waits, heartbeat: options.heartbeat)
    settings.confirmsLeft = options.leaveConfirmation == .get
    var duration: Duration?
    switch options.limit {
    case .unlimited: break
    case .once: settings.scansOnce = true
    case .duration(let limit): duration = limit
    }
    let (account, filter) = (options.account, options.events)
    let token = account.currentToken(log)
    return WatchSession(
      caFile: options.caFile,
      api: {
        SignalWireAPI(transport: $0, origin: account.origin.text, project: account.project, token: token)
      },
      subject: options.subject, settings: settings, allows: { filter.accepts($0.rawValue) }, duration: duration,
      webhooks: webhooks, writesStandardOutput: options.writesStandardOutput, state: options.state, log: log,
      owner: SQLiteStore.Owner(origin: account.origin.text, account: account.project)
    ).run()
  }

  /// Where events are posted; what people should know of it is logged.
  private func webhooks(_ log: StandardError) throws(UsageError) -> [WatchSession.Webhook] {
    guard !options.webhooks.isEmpty else { return [] }
    let secrets = try options.webhooks.readSecrets()
    for warning in secrets.warnings { log.log(.warning, warning) }
    if secrets.signing.isEmpty {
      log.log(.notice, "webhooks are not signed: set ROLLCALL_WEBHOOK_SECRET or give --webhook-secret-file FILE")
    }
    for url in secrets.urls where !url.isSecure {
      log.log(.warning, "webhook \(url.host): http: shows everybody on the way what is posted")
    }
    let webhooks = options.webhooks
    return webhooks.targets(secrets).enumerated().map { index, target in
      WatchSession.Webhook(target: target) {
        do throws(UsageError) {
          return webhooks.targets(try webhooks.readSecrets())[index]
        } catch {
          log.log(.warning, "webhook \(target.host): its secrets cannot be read again; the old ones stay in use")
          return nil
        }
      }
    }
  }
}

extension WebhookOptions {
  /// What the sinks need, in the order of the URLs.
  func targets(_ secrets: WebhookSecrets) -> [WebhookTarget] {
    secrets.urls.map { url in
      var target = WebhookTarget(url: url.url, host: url.host)
      target.secrets = secrets.signing.map(\.secret)
      target.hubSecret = secrets.hub
      target.headers = headers.map { HTTPRequest.Header($0.name, $0.value) }
      if let maximumAge { target.maximumAge = maximumAge }
      return target
    }
  }
}

extension Account {
  /// The token, which is read again when the space refuses it. One that cannot be read then leaves the old one in use.
  fileprivate func currentToken(_ log: StandardError) -> CurrentToken {
    CurrentToken(token) {
      do throws(UsageError) {
        return try tokenSource.read().token
      } catch {
        log.log(.warning, "the API token cannot be read again; the one that was read before stays in use")
        return nil
      }
    }
  }
}
