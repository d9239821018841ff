import RollcallTestKit
import Testing

@testable import RollcallCore

@Suite struct `A shard` {
  private static func conferences(_ count: Int, seed: UInt64) -> [ConferenceSID] {
    var random = SplitMix64(seed: seed)
    return (0..<count).compactMap { _ in
      ConferenceSID("CF" + String(random.next(), radix: 16) + String(random.next(), radix: 16))
    }
  }

  @Test(arguments: [1, 2, 3, 7, 16]) func `takes its share, and every conference belongs to exactly one shard`(
    count: Int
  ) throws {
    let conferences = Self.conferences(2000, seed: UInt64(count))
    let shards = try (0..<count).map { try #require(Shard($0, of: count)) }
    var taken = [Int](repeating: 0, count: count)
    for conference in conferences {
      let owners = shards.indices.filter { shards[$0].contains(conference) }
      try #require(owners.count == 1)
      taken[owners[0]] += 1
    }
    let fair = Double(conferences.count) / Double(count)
    // Six standard deviations.
    let deviation = 6 * fair.squareRoot()
    #expect(taken.allSatisfy { abs(Double($0) - fair) <= deviation })
  }

  @Test(arguments: 1...8) func `that is added moves only the conferences that belong to it`(count: Int) throws {
    let newcomer = try #require(Shard(count, of: count + 1))
    var moved = 0
    let conferences = Self.conferences(2000, seed: 99)
    for conference in conferences {
      if newcomer.contains(conference) { moved += 1 }
      for index in 0..<count {
        let (before, after) = (try #require(Shard(index, of: count)), try #require(Shard(index, of: count + 1)))
        #expect(after.contains(conference) == (before.contains(conference) && !newcomer.contains(conference)))
      }
    }
    let fair = Double(conferences.count) / Double(count + 1)
    #expect(abs(Double(moved) - fair) <= 6 * fair.squareRoot())
  }

  @Test func `takes the same conferences in every version`() throws {
    let owners = try (0..<12).map { number in
      let conference = try #require(ConferenceSID("conference-\(number)"))
      return try #require((0..<5).first { Shard($0, of: 5)?.contains(conference) == true })
    }
    #expect(owners == [0, 1, 1, 2, 4, 1, 1, 0, 2, 0, 1, 4])
  }

  @Test(arguments: [(0, 0), (1, 1), (2, 2), (3, 2), (-1, 2), (0, -1), (0, 1025), (Int.max, Int.max)])
  func `that is invalid is rejected`(index: Int, count: Int) {
    #expect(Shard(index, of: count) == nil)
  }
}
