import RollcallCore
import RollcallKit

/// `rollcall list`: one look at a conference.
struct ListCommand {
  private let options: ListOptions

  init(_ options: ListOptions) { self.options = options }

  func run() throws(UsageError) -> Int32 {
    let log = StandardError(options.log)
    if let warning = options.account.warning { log.log(.warning, warning) }
    guard
      let query = ParticipantListQuery(
        muted: options.muted, hold: options.hold, page: options.page, pageSize: options.pageSize,
        pageToken: options.pageToken?.text)
    else { return ExitStatus.internalError.code }
    let (options, loop) = (options, EventLoop())
    return loop.run {
      do throws(ScanFailure) {
        let api: SignalWireAPI
        do throws(HTTPFailure) {
          api = SignalWireAPI(
            transport: try CurlTransport(on: loop, caFile: options.caFile), origin: options.account.origin.text,
            project: options.account.project, token: options.account.token, now: { loop.wallClock })
        } catch {
          log.log(.error, error.reason)
          return ExitStatus.configuration.code
        }
        Self.show(try await api.list(options.conference, query), options.format)
        return ExitStatus.done.code
      } catch {
        log.log(.error, Self.advice(error, options.conference))
        return error == .unauthorised ? ExitStatus.unauthorised.code : ExitStatus.unavailable.code
      }
    }
  }

  private static func advice(_ failure: ScanFailure, _ conference: ConferenceSID) -> String {
    switch failure {
    case .unauthorised: "the space refused the token; check SIGNALWIRE_API_TOKEN and that it has the Voice scope"
    case .notFound: "there is no conference \(conference); give the sid of a conference in progress"
    case .throttled, .unavailable, .unreachable, .malformed, .invalidPageToken: failure.text + "; try again"
    }
  }

  private static func show(_ people: [ListedParticipant], _ format: ListOptions.Format) {
    switch format {
    case .ndjson:
      for person in people { StandardOutput.write(person.record + [UInt8(ascii: "\n")]) }
    case .table:
      var table = Table(columns: ["CALL", "STATUS", "MUTED", "HOLD", "COACHING"])
      for person in people {
        let state = person.state
        table.append([
          person.callSID.text, state.status ?? "", state.isMuted ? "yes" : "", state.isOnHold ? "yes" : "",
          state.isCoaching ? state.callSIDToCoach ?? "yes" : "",
        ])
      }
      StandardOutput.write(table.render())
    }
  }
}
