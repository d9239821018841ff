import RollcallCore
import RollcallKit

/// `rollcall watch`: the main job.
struct WatchCommand {
  private let options: WatchOptions

  init(_ options: WatchOptions) { self.options = options }

  func run() throws(UsageError) -> Int32 {
    let log = StandardError(options.log)
    if let warning = options.account.warning { log.log(.warning, warning) }
    guard case .conferences(let conferences) = options.subject else {
      throw UsageError("watching by name is not in this version", right: "give the conference's sid")
    }
    guard options.webhooks.urls.isEmpty, options.webhooks.urlFiles.isEmpty else {
      throw UsageError("webhooks are not in this version", right: "pipe standard output instead")
    }
    var settings = WatchSettings(interval: options.interval, waits: options.waits)
    settings.confirmsLeft = options.leaveConfirmation == .get
    var duration: Duration?
    switch options.limit {
    case .unlimited: break
    case .once: settings.scansOnce = true
    case .duration(let limit): duration = limit
    }
    let (account, caFile, filter) = (options.account, options.caFile, options.events)
    return WatchSession(
      api: { loop throws(HTTPFailure) in
        SignalWireAPI(
          transport: try CurlTransport(on: loop, caFile: caFile), origin: account.origin.text,
          project: account.project, token: account.token)
      },
      conferences: conferences, settings: settings, allows: { filter.accepts($0.rawValue) }, duration: duration,
      log: log
    ).run()
  }
}
