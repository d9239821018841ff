import RollcallCore
import RollcallTestKit

/// Faults between a request and its answer.
struct ProviderFaults {
  /// The maximum pause requested by a date, in milliseconds.
  static let longestDatedPause: Int64 = 61_000

  private let plan: Plan
  private let agenda: Agenda
  private var random: SplitMix64
  /// Whether there are faults now.
  var isOn = true
  /// For tests of the oracles: a time in which nothing is answered.
  var silence: Range<Moment> = 0..<0
  private var outage: (reply: Reply, until: Moment)?
  private var refusedUntil: Moment = 0
  private var lostList: (reply: Reply, until: Moment)?
  private var forbidden: (conference: String, status: Int, until: Moment)?
  private var storm: (rarity: Int, until: Moment)?

  init(plan: Plan, agenda: Agenda) {
    self.plan = plan
    self.agenda = agenda
    random = SplitMix64(seed: plan.seed ^ 0x6661_756c)
  }

  mutating func happens(_ trouble: Trouble) -> Bool {
    isOn && plan.troubles.contains(trouble) && random.happens(onceIn: plan.rarity)
  }

  /// Returns a fault instead of any answer.
  mutating func refusal() -> Reply? {
    guard isOn else { return nil }
    if silence.contains(agenda.now) { return .error(503, code: 20503) }
    if agenda.now < refusedUntil { return .error(401, code: 20003) }
    if let outage, outage.until > agenda.now { return outage.reply }
    if happens(.refusals) {
      if Bool.random(using: &random) { refusedUntil = agenda.now + Int64.random(in: 1...150_000, using: &random) }
      return .error(Bool.random(using: &random) ? 401 : 403, code: 20003)
    }
    if happens(.outages) {
      let reply = Bool.random(using: &random) ? status() : .nothing(.unreachable, "could not connect")
      outage = (reply, agenda.now + Int64.random(in: 1...plan.interval * 20, using: &random))
      return reply
    }
    if happens(.throttling) || isStormy() { return throttling() }
    return happens(.statuses) ? status() : nil
  }

  /// Returns whether a storm throttles this request.
  private mutating func isStormy() -> Bool {
    guard plan.troubles.contains(.throttleStorms) else { return false }
    if storm.map({ $0.until <= agenda.now }) ?? true, random.happens(onceIn: plan.rarity * 4) {
      let time = Int64.random(in: 1...min(plan.interval * 10, 60_000), using: &random)
      storm = (Int.random(in: 1...8, using: &random), agenda.now + time)
    }
    guard let storm, agenda.now < storm.until else { return false }
    return random.happens(onceIn: storm.rarity)
  }

  /// Returns a refusal instead of an answer about one conference.
  mutating func refusal(of conference: String) -> Reply? {
    guard isOn, plan.troubles.contains(.forbiddenRooms) else { return nil }
    if forbidden.map({ $0.until <= agenda.now }) ?? true, random.happens(onceIn: plan.rarity * 2) {
      let time = Int64.random(in: 1...plan.interval * 15, using: &random)
      forbidden = (conference, Bool.random(using: &random) ? 401 : 403, agenda.now + time)
    }
    guard let forbidden, forbidden.conference == conference, agenda.now < forbidden.until else { return nil }
    return .error(forbidden.status, code: 20003)
  }

  /// Returns a fault instead of the list of conferences.
  mutating func lostDiscovery() -> Reply? {
    guard isOn, plan.troubles.contains(.lostDiscovery) else { return nil }
    if lostList.map({ $0.until <= agenda.now }) ?? true, random.happens(onceIn: plan.rarity) {
      let replies = [
        html(502), html(404), html(200), .error(500, code: 20500), .error(403, code: 20003),
        Reply(200, #"{"conferences":7}"#), .nothing(.timedOut, "no reply"),
      ]
      let time = Int64.random(in: 1...max(30_000, plan.interval * 15), using: &random)
      lostList = replies.randomElement(using: &random).map { ($0, agenda.now + time) }
    }
    guard let lostList, agenda.now < lostList.until else { return nil }
    return lostList.reply
  }

  private mutating func status() -> Reply {
    switch Int.random(in: 0..<8, using: &random) {
    case 0: .error(500, code: 20500)
    case 1: html(502)
    case 2: .error(503, code: 20503, headers: ["retry-after": "\(Int.random(in: 0...30, using: &random))"])
    case 3: html(200)
    case 4: Reply(302, "", headers: ["location": "http://elsewhere.example/?\(Canary.token)"])
    case 5: Reply(200, "zipped", headers: ["content-encoding": "gzip"])
    case 6: Reply(204, "")
    default: .nothing(.tooLarge, "the reply is over its limit")
    }
  }

  private mutating func throttling() -> Reply {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: .error(429, code: 20429)
    case 1: .error(429, code: 20429, headers: ["retry-after": "soon"])
    case 2: .error(429, code: 20429, headers: ["retry-after": "\(Int.random(in: 0...90, using: &random))"])
    default:
      .error(
        429, code: 20429, headers: ["date": date(0), "retry-after": date(Int64.random(in: -5...60, using: &random))])
    }
  }

  private func date(_ offset: Int64) -> String {
    var bytes: [UInt8] = []
    RowWriter.append(plan.providerSeconds(at: agenda.now) + offset, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private func html(_ status: Int) -> Reply { Reply(status, "<!DOCTYPE html><html>\(Canary.token)</html>") }

  /// Returns a 404 for the list of a running conference.
  mutating func list404() -> Reply { Bool.random(using: &random) ? html(404) : .error(404, code: 20404) }

  /// Returns an answer about one participant or conference that says nothing.
  mutating func uncertainty() -> Reply? {
    guard happens(.unclearAnswers) else { return nil }
    switch Int.random(in: 0..<5, using: &random) {
    case 0: return html(404)
    case 1: return .error(500, code: 20500)
    case 2: return Reply(200, #"{"sid":"somebody else","call_sid":"somebody-else"}"#)
    case 3: return Reply(200, "")
    default: return .nothing(.timedOut, "no reply")
    }
  }

  /// Returns a spoilt page; nil if it is left as it is.
  mutating func spoilt(_ body: [UInt8], path: String) -> Reply? {
    if happens(.badBodies) { return spoiltBody(body) }
    if happens(.badRows) { return spoiltRow(body) }
    return happens(.badLinks) ? spoiltLink(body, path) : nil
  }

  private mutating func spoiltBody(_ body: [UInt8]) -> Reply {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: Reply(200, Array(body.dropLast(Int.random(in: 1...body.count, using: &random))))
    case 1: Reply(200, body + Array("x".utf8))
    case 2: Reply(200, #"{"next_page_uri":null,"participants":{}}"#)
    default: Reply(200, #"{"next_page_uri":null}"#)
    }
  }

  private mutating func spoiltRow(_ body: [UInt8]) -> Reply {
    let rows = [
      "7", #"{"call_sid":"x","conference_sid":"somewhere-else"}"#, #"{"call_sid":"a b"}"#, #"{"muted":true}"#,
      #"{"call_sid":"x","muted":"yes"}"#, #"{"call_sid":"x","muted":true,"muted":false}"#, #"{"call_sid":".."}"#,
    ]
    let row = rows.randomElement(using: &random) ?? "7"
    let isEmpty = body.suffix(3).first == UInt8(ascii: "[")
    return Reply(200, Array(body.dropLast(2)) + Array("\(isEmpty ? "" : ",")\(row)]}".utf8))
  }

  private mutating func spoiltLink(_ body: [UInt8], _ path: String) -> Reply {
    let links = [
      "http://elsewhere.example\(path)?PageToken=PA", "//elsewhere.example\(path)?PageToken=PA",
      "http://u:\(Canary.token)@127.0.0.1:8080\(path)?PageToken=PA", "\(path)x?PageToken=PA", path, "\(path)?a=%0a",
      "\(path)#\(Canary.token)",
    ]
    let link = links.randomElement(using: &random) ?? path
    let rows = body.firstIndex(of: UInt8(ascii: "[")).map { body[$0...] } ?? []
    return Reply(200, Array(#"{"next_page_uri":"\#(link)","participants":"#.utf8) + rows)
  }
}
