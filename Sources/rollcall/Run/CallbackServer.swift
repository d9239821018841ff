import RollcallCore
import RollcallKit
import RollcallServer
import Synchronization

/// Accepts status callbacks at `/callbacks/TOKEN` as hints that a conference may have changed.
///
/// A hint only says when to poll: a sender with the token can cause polls, within the request budget, and nothing else.
final class CallbackServer: Sendable {
  /// The maximum number of bytes of a callback; exceeding it is 413.
  static let maximumBody = 16 << 10
  /// The maximum number of connections at one time.
  static let connections = 64

  private let desk: CallbackDesk
  private let server: HTTPServer

  /// - Throws: ``ServerError`` if the port is in use.
  init(_ address: ListenAddress, _ desk: CallbackDesk) throws(ServerError) {
    self.desk = desk
    server = try HTTPServer(
      at: address.host, port: address.port, connections: Self.connections, body: Self.maximumBody
    ) { desk.answer($0) }
  }

  /// Replaces the token.
  func renew(_ token: CallbackToken) { desk.renew(token) }

  /// Frees the port, and waits for pending answers.
  func stop() { server.stop() }

  /// Frees the port without waiting.
  func stopSoon() { server.stopSoon() }
}

/// Answers callbacks, on the threads of the server.
final class CallbackDesk: Sendable {
  private static let prefix = "/callbacks/"

  /// What is logged only once, because anyone who reaches the port can repeat it.
  private enum Remark: String, Sendable {
    case refused = "answered 404 to a request with a wrong path or token"
    case withoutConference = "ignored a callback that does not name one conference"
  }

  private let token: Mutex<CallbackToken>
  private let hints: HintQueue
  private let log: StandardError
  private let logged = Mutex(Set<Remark>())

  init(_ token: CallbackToken, _ hints: HintQueue, _ log: StandardError) {
    self.token = Mutex(token)
    self.hints = hints
    self.log = log
  }

  func renew(_ token: CallbackToken) { self.token.withLock { $0 = token } }

  func answer(_ request: ServerRequest) -> ServerReply {
    let token = token.withLock { $0 }
    guard request.path.hasPrefix(Self.prefix), token.matches(request.path.dropFirst(Self.prefix.count)) else {
      logOnce(.refused)
      return .text("not found\n", status: 404)
    }
    guard request.method == .post else {
      return .methodNotAllowed("only POST is allowed\n", allowed: [.post])
    }
    switch StatusCallback(request.body) {
    case .hint(let conference): hints.add(conference)
    case .irrelevant: break
    case .withoutConference: logOnce(.withoutConference)
    }
    return ServerReply(status: 204)
  }

  private func logOnce(_ remark: Remark) {
    guard logged.withLock({ $0.insert(remark).inserted }) else { return }
    log.log(.warning, "callbacks: \(remark.rawValue); further ones are not logged")
  }
}

/// A status callback. Only its conference and its kind of event are read.
enum StatusCallback: Equatable, Sendable {
  /// The conference may have changed.
  case hint(ConferenceSID)
  /// The callback is about something that the participant list does not show.
  case irrelevant
  /// The callback does not name exactly one conference.
  case withoutConference

  private static let event = "StatusCallbackEvent"
  private static let conferences = ["ConferenceSid", "conference_sid"]
  /// The place of the conference in SignalWire's own events.
  private static let nested = (object: "params", key: "conference_id")
  private static let irrelevantEvents = ["participant-speech-", "announcement-"]

  /// Reads a form, as providers send it, or a JSON object.
  init(_ body: [UInt8]) {
    let isJSON = body.first { $0 > UInt8(ascii: " ") } == UInt8(ascii: "{")
    self = isJSON ? Self.read(json: body) : Self.read(form: FormFields(body))
  }

  private static func read(json body: [UInt8]) -> StatusCallback {
    guard let value = try? JSONReader.read(body) else { return .withoutConference }
    let sids = conferences.compactMap { value[$0] } + [value[nested.object]?[nested.key]].compactMap(\.self)
    return result(event: value[event]?.asText, sids: sids.map { $0.asText ?? "" })
  }

  private static func read(form: FormFields) -> StatusCallback {
    let sids = form.fields.filter { conferences.contains($0.name) }.map(\.value)
    return result(event: form[event], sids: sids)
  }

  private static func result(event: String?, sids: [String]) -> StatusCallback {
    guard let first = sids.first, let conference = ConferenceSID(first), sids.allSatisfy({ $0 == first }) else {
      return .withoutConference
    }
    let isIrrelevant = irrelevantEvents.contains { event?.hasPrefix($0) == true }
    return isIrrelevant ? .irrelevant : .hint(conference)
  }
}
