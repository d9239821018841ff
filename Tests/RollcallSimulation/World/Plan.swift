import RollcallCore
import RollcallTestKit

/// Everything that a seed decides in advance.
struct Plan: Sendable {
  /// How the provider splits its list into pages.
  enum Paging: CaseIterable, Sendable {
    /// By position in the current list, so that a departure moves all later rows.
    case offset
    /// By the last row of the previous page.
    case keyset
    /// By the list as it was when the first page was requested.
    case opaque
  }

  struct Target: Sendable {
    var isSigned: Bool
    var filter: TargetFilter
    var maximumAge: Int64
    /// The maximum number of undelivered events, and the window and the lanes in memory if a file keeps the rest.
    var bound: Int
    var window: Int
    var lanes: Int
  }

  let seed: UInt64
  var interval: Int64 = 2000
  var paging = Paging.keyset
  var newestFirst = false
  var pageSize = 1000
  var conferences = 1
  var people = 5
  var maximumPeople = 12
  /// The average time between two actions in a conference.
  var lifeGap: Int64 = 1000
  var latency: Int64 = 20
  /// The minimum time with troubles.
  var troubleTime: Int64 = 60_000
  var troubles = Troubles()
  /// One request in this many fails, for each kind of failure.
  var rarity = 20
  /// One step in this many is followed by a crash.
  var crashRarity = 500
  /// The maximum lag of lists.
  var longestLag: Int64 = 0
  var confirmsLeft = true
  var hasState = true
  var isDiscovered = false
  /// The shard to watch; nil for all conferences.
  var shard: Shard?
  /// The maximum number of requests per second to the provider.
  var requestsPerSecond = RequestBudget.standard
  var writesLines = true
  /// The maximum number of unwritten events.
  var lineBound = 100_000
  var targets: [Target] = []
  /// How far the provider's clock is ahead of ours, in seconds, and whether its replies have a `Date`.
  var providerClockOffset: Int64 = 0
  var sendsDate = false
  /// The tags of pages.
  var tags = PageTags.none
  /// The redacted fields.
  var redacted: Set<Redaction.Field> = []
  /// The conditions that raise alerts.
  var alerts: [AlertCondition] = []
  /// nil if there are no hints.
  var hints: HintPlan?

  /// Whether every complete scan shows all participants who are in the room throughout.
  var listsAreWhole: Bool {
    let isTorn = paging == .offset && pageSize < maximumPeople * 2
    let lies = [Trouble.hiddenPeople, .ghosts, .emptyLists].contains(where: troubles.contains)
    return !isTorn && !lies
  }

  /// Whether a target's bound is small enough to be reached.
  var hasSmallBounds: Bool { targets.contains { $0.bound < 1000 } }

  /// The maximum time for a complete discovery answer: two lists, each with its way there and back.
  var longestLook: Int64 { troubles.contains(.slowReplies) ? 28_000 : latency * 4 }

  /// Returns the provider's time, in seconds since 1970.
  func providerSeconds(at moment: Moment) -> Int64 { RowWriter.epoch + moment / 1000 + providerClockOffset }

  /// Whether joins must not be reported later than they happened, whatever lists omit, because rows and replies show
  /// when that was.
  var joinsAreBounded: Bool { sendsDate && !troubles.contains(.clockForward) }

  /// Whether dates must show which of two rows is newer, because rows may be stale.
  var datesTell: Bool { troubles.contains(.staleLists) || troubles.contains(.staleAnswers) }
}

extension Plan {
  private static let intervals: [Int64] = [100, 500, 1000, 2000, 2000, 5000, 10_000]

  /// Draws a plan from a seed.
  init(seed: UInt64) {
    self.seed = seed
    var random = SplitMix64(seed: seed &* 0x2545_f491_4f6c_dd1d &+ 99)
    interval = Self.intervals.randomElement(using: &random) ?? 2000
    paging = Paging.allCases.randomElement(using: &random) ?? .keyset
    newestFirst = Bool.random(using: &random)
    pageSize = [1, 2, 3, 5, 50, 1000, 1000].randomElement(using: &random) ?? 1000
    conferences = random.happens(onceIn: 3) ? Int.random(in: 2...4, using: &random) : 1
    people = Int.random(in: 0...8, using: &random)
    maximumPeople = random.happens(onceIn: 12) ? 40 : Int.random(in: 3...14, using: &random)
    if maximumPeople > 20 { pageSize = max(pageSize, 3) }
    latency = [1, 5, 20, 100, 400].randomElement(using: &random) ?? 20
    let polls = Int64.random(in: 25...70, using: &random)
    troubleTime = interval * polls / Int64(conferences)
    lifeGap = max(5, interval * Int64.random(in: 2...40, using: &random) / 10)
    rarity = [6, 12, 25, 60].randomElement(using: &random) ?? 25
    crashRarity = [100, 300, 1000].randomElement(using: &random) ?? 300
    hasState = !random.happens(onceIn: 5)
    isDiscovered = random.happens(onceIn: 4)
    writesLines = !random.happens(onceIn: 4)
    lineBound = random.happens(onceIn: 3) ? Int.random(in: 5...40, using: &random) : 100_000
    drawTroubles(&random)
    targets = (0..<[0, 1, 1, 2, 3][Int.random(in: 0..<5, using: &random)]).map { _ in Self.target(&random) }
    confirmsLeft = !(listsAreWhole && !datesTell && random.happens(onceIn: 6))
    drawBudget(&random)
    if isDiscovered, random.happens(onceIn: 4) {
      let count = Int.random(in: 2...3, using: &random)
      shard = Shard(Int.random(in: 0..<count, using: &random), of: count)
    }
    drawRedaction()
    drawFilters()
    drawClock()
    drawLaterTroubles()
    drawTags()
    drawAlerts()
    drawHints()
  }

  /// Draws the budget: often more than needed, sometimes about enough, and sometimes too little.
  private mutating func drawBudget(_ random: inout SplitMix64) {
    let pages = conferences * ((maximumPeople + pageSize - 1) / pageSize)
    let needed = Int(Int64(pages * 1250) / interval) + 1
    switch Int.random(in: 0..<6, using: &random) {
    case 0: requestsPerSecond = max(1, needed / Int.random(in: 2...8, using: &random))
    case 1: requestsPerSecond = max(1, needed * Int.random(in: 5...15, using: &random) / 10)
    case 2: requestsPerSecond = RequestBudget.bounds.upperBound
    default: requestsPerSecond = max(RequestBudget.standard, needed * 2)
    }
    guard requestsPerSecond < needed else { return }
    troubleTime = min(troubleTime * Int64(needed) / Int64(requestsPerSecond), max(troubleTime, 120_000))
  }

  private mutating func drawTroubles(_ random: inout SplitMix64) {
    let chances = [1, 2, 4, 10, 40].randomElement(using: &random) ?? 4
    for trouble in Trouble.drawnTogether where random.happens(onceIn: chances) { troubles.insert(trouble) }
    if troubles.contains(.hiddenPeople) || troubles.contains(.ghosts) {
      // A list is believed after a minute and 30 scans, so there must be time for them.
      interval = [500, 1000, 2000].randomElement(using: &random) ?? 1000
      troubleTime = max(troubleTime, 45 * interval, 80_000)
    }
    // A stale row is believed after 10 s of stream time, which must be 10 s of the provider's time too.
    if datesTell { troubles.remove(.clockForward, .poorDates) }
    if troubles.contains(.staleLists) { longestLag = Int64.random(in: 1...8, using: &random) * 1000 }
    if !hasState { troubles.remove(.crashes, .signals, .diskFull, .diskErrors) }
    if conferences > 1 { lifeGap *= Int64(conferences) }
  }

  private static func target(_ random: inout SplitMix64) -> Target {
    let isSmall = random.happens(onceIn: 3)
    return Target(
      isSigned: random.happens(onceIn: 3), filter: TargetFilter(participantsOnly: random.happens(onceIn: 3)),
      maximumAge: [30_000, 600_000, 3_600_000, 72 * 3_600_000].randomElement(using: &random) ?? 3_600_000,
      bound: isSmall ? Int.random(in: 4...60, using: &random) : 100_000,
      window: isSmall ? Int.random(in: 2...8, using: &random) : 64, lanes: isSmall ? 2 : 4096)
  }

  /// A one-line description.
  var text: String {
    """
    seed \(seed): interval \(interval) ms, \(conferences) conferences, \(people)…\(maximumPeople) people, \
    \(paging) pages of \(pageSize)\(newestFirst ? ", newest first" : ""), lag \(longestLag) ms, \
    \(sendsDate ? "the provider's clock ahead by \(providerClockOffset) s, " : "")\
    \(targets.count) targets\(hasState ? "" : ", no state")\(isDiscovered ? ", discovered" : "")\
    \(shard.map { ", shard \($0.index) of \($0.count)" } ?? ""), \(requestsPerSecond) requests/s\
    \(confirmsLeft ? "" : ", unconfirmed")\
    \(longestLie > 0 ? ", \(tags)" : "")\
    \(hints.map { ", \($0)" } ?? "")\
    \(alerts.isEmpty ? "" : ", alerts \(alerts.map(\.name).joined(separator: " "))")\
    \(redacted.isEmpty ? "" : ", without \(redacted.map(\.rawValue).sorted().joined(separator: ","))"), \
    trouble for \(troubleTime) ms, 1 in \(rarity): \(troubles.names)
    """
  }
}
