public import RollcallCore
import Synchronization

/// One account of one provider, whose conferences can be watched and listed.
public struct ConferenceAccount: Sendable {
  /// Why an account is refused.
  public enum Refusal: Error, Equatable, Sendable {
    /// The origin is not just a scheme, a host and an optional port, or it is `http:` to another machine, which would
    /// send the token unencrypted.
    case origin
    /// The project id is empty.
    case project
  }

  /// The scheme, host and port in lower case, such as `https://example.signalwire.com`. The token is sent nowhere else.
  public let origin: String
  /// The project id, which is the account sid as well.
  public let project: String
  /// The provider whose API is used.
  public let provider: Provider
  /// The path of a regular file of certificates (PEM) that are trusted besides the system's; nil for none.
  public var caFile: String?
  private let token: CurrentToken

  /// - Parameters:
  ///   - origin: `https:`, or `http:` on this machine, without a path.
  ///   - project: the project id; Telnyx and Twilio call it account sid.
  ///   - provider: the provider; nil for the host's, or SignalWire if the host is unknown.
  ///   - token: the API token, or the API key of Telnyx.
  /// - Throws: ``Refusal`` before anything is sent.
  public init(origin: String, project: String, provider: Provider? = nil, token: Secret) throws(Refusal) {
    guard !project.isEmpty else { throw .project }
    let origin = origin.lowercased()
    guard Self.isOrigin(origin) else { throw .origin }
    self.origin = origin
    self.project = project
    self.provider = provider ?? Provider(ofOrigin: origin)
    self.token = CurrentToken(token)
  }

  private static let loopbackHosts = ["127.0.0.1", "localhost", "[::1]"]

  private static func isOrigin(_ text: String) -> Bool {
    guard let parsed = try? RequestOrigin(of: Secret(text)) else { return false }
    let scheme = parsed.isEncrypted ? "https://" : "http://"
    let rest = text.utf8.dropFirst(scheme.utf8.count)
    // It must not have a user name, a path or a query.
    guard !rest.contains(where: { "@/?#\\".utf8.contains($0) }) else { return false }
    return parsed.isEncrypted || loopbackHosts.contains(parsed.host)
  }

  var space: Space { Space(origin: origin, project: project, provider: provider) }

  func api(_ transport: any HTTPTransport) -> ConferenceAPI {
    ConferenceAPI(transport: transport, space: space, token: token)
  }

  func certificates() throws(WatchFailure) -> AddedCertificates? {
    do throws(AddedCertificates.Flaw) {
      return try AddedCertificates.named(caFile, pipes: .refused)
    } catch {
      throw .setUp(error.failure.text)
    }
  }
}

// MARK: Lists

extension ConferenceAccount {
  /// Lists the participants of a conference, reading all pages. A failed request is not repeated, but if the provider
  /// forgets a page token, the list is read once more from its first page.
  ///
  /// Bounds: 15 s and 8 MiB a request; 64 pages, 20 000 rows and 12 MiB a list.
  ///
  /// - Returns: all listed participants, in the provider's order, including those whose call is ringing or has ended.
  /// - Throws: ``WatchFailure``. A list is complete or not given at all.
  @concurrent
  public func participants(in conference: ConferenceSID) async throws(WatchFailure) -> [Participant] {
    let api = try connected()
    do throws(ScanFailure) {
      return try await api.people(in: conference).map { Participant($0) }
    } catch {
      throw Task.isCancelled ? .cancelled : WatchFailure(error)
    }
  }

  /// Lists the conferences of the account: all pages, once. A failed request is not repeated.
  ///
  /// Bounds: 15 s and 8 MiB a request; 64 pages and 20 000 conferences a list.
  ///
  /// - Parameters:
  ///   - selection: which of them to list.
  ///   - includesEnded: whether to list ended conferences too.
  /// - Returns: each conference once, in the provider's order. Without ended ones, those that have not started come
  ///   first.
  /// - Throws: ``WatchFailure``. A list is complete or not given at all.
  @concurrent
  public func conferences(
    _ selection: ConferenceSelection = .all, includesEnded: Bool = false
  ) async throws(WatchFailure) -> [Conference] {
    let api = try connected()
    do throws(ScanFailure) {
      var found: [Conference] = []
      let statuses: [String?] = includesEnded ? [nil] : ConferenceDiscovery.statuses
      for status in statuses {
        for conference in try await api.conferences(named: selection.queriedName, status: status)
        where selection.contains(friendlyName: conference.friendlyName)
          && !found.contains(where: { $0.sid == conference.sid })
        {
          found.append(conference)
        }
      }
      return found
    } catch {
      throw Task.isCancelled ? .cancelled : WatchFailure(error)
    }
  }

  private func connected() throws(WatchFailure) -> ConferenceAPI {
    api(CurlTransport(on: try SharedLoop.started(), for: .polls, trusting: try certificates()))
  }
}

/// The event loop that all watches and lists of a program share, on a thread of its own.
enum SharedLoop {
  private static let loop = Mutex<EventLoop?>(nil)

  /// Returns the loop, and starts its thread the first time. The thread never ends, and sleeps while it is idle.
  static func started() throws(WatchFailure) -> EventLoop {
    let started = loop.withLock { loop in
      if loop == nil {
        let new = EventLoop()
        if new.startThread() { loop = new }
      }
      return loop
    }
    guard let started else { throw .setUp("no thread could be started for the library") }
    return started
  }
}
