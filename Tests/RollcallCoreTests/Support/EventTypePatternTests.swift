import RollcallCore
import Testing

@Suite struct `A filter of types` {
  private static let names = EventType.allCases.map(\.rawValue)
  private static let people = Set(EventType.allCases.filter(\.isAboutPerson))
  private static let conferences: Set<EventType> = [.conferencePresent, .conferenceStarted, .conferenceEnded]
  private static let alerts: Set<EventType> = [.alertRaised, .alertResolved]
  private static let all = Set(EventType.allCases)

  struct Case: Sendable {
    let list: String
    let types: Set<EventType>

    init(_ list: String, _ types: Set<EventType>) { (self.list, self.types) = (list, types) }
  }

  @Test(arguments: [
    Case("*", all),
    Case("participant.mut*, conference.ended", [.participantMuted, .conferenceEnded]),
    Case("participant.*,!participant.updated", people.subtracting([.participantUpdated])),
    Case("!watch.*", people.union(conferences).union(alerts)),
    Case(" ! watch.* ,watch.stopped", people.union(conferences).union(alerts).union([.watchStopped])),
    Case("!participant.*,!conference.*", all.subtracting(people).subtracting(conferences)),
    Case("participant.left,!*,participant.joined", [.participantJoined]),
    Case("*,!*", []),
    Case("!*", []),
  ])
  func `is decided by the last matching glob`(one: Case) throws {
    #expect(try #require(EventTypePattern(one.list)).types == one.types)
  }

  @Test(arguments: ["", ",", "a,", ",a", "a,,b", "a, ,b", " ", "!", "a,!", "! ", "!,a"])
  func `with an empty glob is rejected`(list: String) {
    #expect(EventTypePattern(list) == nil)
  }

  @Test func `finds a glob that matches no known type, whatever precedes it`() throws {
    func found(_ list: String) throws -> EventTypePattern.Item? {
      try #require(EventTypePattern(list)).firstItem(matchingNoneOf: Self.names)
    }
    #expect(try found("participant.*,participant.mutted")?.glob == Glob("participant.mutted"))
    #expect(try found("*,!wach.*")?.isExclusion == true)
    #expect(try found("!!watch.*")?.glob == Glob("!watch.*"))
    #expect(try found("!watch.*,*") == nil)
  }

  // MARK: Properties

  /// Globs for event types: some match many, some match none.
  private static func globs(_ random: inout SplitMix64) -> [String] {
    (0..<Int.random(in: 1...6, using: &random)).map { _ in
      let name = names.randomElement(using: &random) ?? "*"
      let start = name.prefix(Int.random(in: 0...name.count, using: &random))
      return (Bool.random(using: &random) ? "!" : "") + (Bool.random(using: &random) ? name : "\(start)*")
    }
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `equals adding and removing the types of each glob in turn`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    for _ in 0..<500 {
      let globs = Self.globs(&random)
      var passing = globs[0].hasPrefix("!") ? Set(Self.names) : []
      for glob in globs {
        let isNegative = glob.hasPrefix("!")
        let pattern = Glob(String(glob.dropFirst(isNegative ? 1 : 0)))
        let matched = Set(Self.names.filter(pattern.matches))
        passing = isNegative ? passing.subtracting(matched) : passing.union(matched)
      }
      let filter = try #require(EventTypePattern(globs.joined(separator: ",")))
      #expect(Set(filter.types.map(\.rawValue)) == passing, "\(globs)")
    }
  }

  @Test(arguments: [5, 6] as [UInt64])
  func `with a glob removed and added again equals the filter with that glob`(
    seed: UInt64
  ) throws {
    var random = SplitMix64(seed: seed)
    for _ in 0..<300 {
      let globs = Self.globs(&random)
      let last = globs[globs.count - 1].drop { $0 == "!" }
      let twice = try #require(EventTypePattern((globs + ["!\(last)", "\(last)"]).joined(separator: ",")))
      let once = try #require(EventTypePattern((globs + ["\(last)"]).joined(separator: ",")))
      #expect(twice.types == once.types)
      let opposite = try #require(
        EventTypePattern(globs.map { $0.hasPrefix("!") ? String($0.dropFirst()) : "!\($0)" }.joined(separator: ",")))
      let same = try #require(EventTypePattern(globs.joined(separator: ",")))
      #expect(opposite.types == Self.all.subtracting(same.types), "\(globs)")
    }
  }
}
