import RollcallCore
import RollcallTestKit

/// The provider: answers requests from the true conferences, falsely if the plan says so.
///
/// The command's simulator is a space behind sockets for people to look at. This provider keeps every version of every
/// row as bytes, so that it can build a list by copying and show any past moment.
final class Provider {
  static let origin = "http://127.0.0.1:8080"
  static let project = "P"
  static let basePath = "/api/laml/2010-04-01/Accounts/\(project)/Conferences"

  let plan: Plan
  let agenda: Agenda
  var rooms: [String: TrueConference] = [:]
  private(set) var order: [String] = []
  private var pages: [String: ListPages] = [:]
  private var random: SplitMix64
  var faults: ProviderFaults
  var lies: ListLies
  var now: Moment { agenda.now }
  /// The last `Date` header.
  private var date = (seconds: Int64(0), text: "")
  /// Returns whether a conference's statuses are live according to the state file.
  var statusesAreKnown: (String) -> Bool = { _ in false }

  init(plan: Plan, agenda: Agenda) {
    self.plan = plan
    self.agenda = agenda
    random = SplitMix64(seed: plan.seed ^ 0x7072_6f76)
    faults = ProviderFaults(plan: plan, agenda: agenda)
    lies = ListLies(plan: plan, agenda: agenda)
  }

  func add(_ room: TrueConference) {
    rooms[room.sid] = room
    order.append(room.sid)
    pages[room.sid] = ListPages(room, plan: plan)
  }

  /// The conferences that a run is given by sid.
  var namedConferences: [ConferenceSID] { order.compactMap { rooms[$0]?.conference } }

  static func path(of conference: String) -> String { "\(basePath)/\(conference)/Participants" }

  // MARK: Requests

  /// Returns one page of a conference's participants.
  func list(_ conference: String, query: String?) -> Reply {
    if let fault = faults.refusal() ?? faults.refusal(of: conference) { return fault }
    guard let room = rooms[conference], let pages = pages[conference] else { return .error(404, code: 20404) }
    if faults.happens(.lists404) { return faults.list404() }
    if !room.isRunning, room.endedAt.map({ $0 + lies.lag(of: conference) <= agenda.now }) ?? true {
      return plan.seed.isMultiple(of: 2) ? .error(404, code: 20404) : Reply(pages.body([], next: nil), showing: [])
    }
    let token = query.map { NextPageLink.token(of: $0) }.map(String.init)
    if token != nil, faults.happens(.lostTokens) { return .error(400, code: 21481) }
    let rows = lies.rows(of: room, isLive: statusesAreKnown(conference))
    guard let page = pages.page(token, of: rows) else { return .error(400, code: 21481) }
    let path = Self.path(of: conference)
    let next = page.next.map { "\(path)?PageSize=1000&PageToken=\($0)" }
    let body = pages.body(lies.invents ? page.rows.dropLast() : page.rows, next: next)
    return faults.spoilt(body, path: path) ?? Reply(body, showing: page.rows)
  }

  /// Returns one participant.
  func participant(_ call: String, in conference: String) -> Reply {
    if let fault = faults.refusal() ?? faults.refusal(of: conference) ?? faults.uncertainty() { return fault }
    guard let room = rooms[conference], let stay = room.latest(of: call), stay.unlisted == nil,
      let version = stay.versions.last
    else {
      var reply = Reply.error(404, code: 20404)
      reply.place = .finished
      return reply
    }
    // An answer may be stale, but never from before the participant joined or after they left.
    let isOld = version.state.place == .inRoom && faults.happens(.staleAnswers)
    let old = stay.versions.dropLast().last.flatMap { $0.state.place == .inRoom ? $0 : nil }
    let shown = isOld ? old ?? version : version
    var reply = Reply(200, shown.row)
    reply.place = shown.state.place
    return reply
  }

  /// Returns one conference.
  func conference(_ sid: String) -> Reply {
    if let fault = faults.refusal() ?? faults.refusal(of: sid) ?? faults.uncertainty() { return fault }
    guard let room = rooms[sid] else { return .error(404, code: 20404) }
    // With several conferences, an unknown one would end the run.
    if !room.isRunning, plan.conferences == 1, plan.seed.isMultiple(of: 3) { return .error(404, code: 20404) }
    return Reply(200, Self.text(of: room))
  }

  /// Returns the conferences that currently have a given status.
  func conferences(_ status: String) -> Reply {
    if let fault = faults.refusal() ?? faults.lostDiscovery() { return fault }
    let running = order.compactMap { rooms[$0] }.filter { $0.status == status }
    let rows = running.map(Self.text).joined(separator: ",")
    var reply = Reply(200, #"{"next_page_uri":null,"conferences":[\#(rows)]}"#)
    reply.isListOfConferences = true
    return reply
  }

  private static func text(of room: TrueConference) -> String {
    return #"{"sid":"\#(room.sid)","friendly_name":"\#(room.friendlyName)","status":"\#(room.status)"}"#
  }

  /// Returns a reply with the provider's time in its `Date` header.
  private func dated(_ reply: Reply) -> Reply {
    guard plan.sendsDate, case .response(let status, var headers, let body) = reply.content else { return reply }
    let seconds = plan.providerSeconds(at: agenda.now)
    if seconds != date.seconds {
      var text: [UInt8] = []
      RowWriter.append(seconds, to: &text)
      date = (seconds, String(decoding: text, as: UTF8.self))
    }
    headers["date"] = headers["date"] ?? date.text
    var dated = reply
    dated.content = .response(status: status, headers: headers, body: body)
    return dated
  }

  // MARK: Timing

  /// Answers a request with the provider's state at the time the request arrives, and passes the reply to `then` within
  /// 15 s.
  func answer(_ ask: @escaping () -> Reply, then: @escaping (Reply) -> Void) {
    if faults.happens(.noReplies) {
      let isAtOnce = Bool.random(using: &random)
      return agenda.after(isAtOnce ? 1 : 15_000) {
        then(.nothing(isAtOnce ? .unreachable : .timedOut, "no reply from 127.0.0.1 port 8080"))
      }
    }
    let slow = faults.happens(.slowReplies)
    let way = Int64.random(in: 1...(slow ? 7000 : plan.latency), using: &random)
    let back = Int64.random(in: 0...(slow ? 7000 : plan.latency), using: &random)
    agenda.after(way) { [self] in
      let reply = dated(ask())
      agenda.after(back) { then(reply) }
    }
  }
}
