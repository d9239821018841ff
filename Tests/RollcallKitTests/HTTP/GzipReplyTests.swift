import RollcallCore
import RollcallTestKit
import Testing

@testable import RollcallKit

@Suite struct `A reply in gzip` {
  private static let limits = HTTPLimits(body: 1 << 20)

  private struct Taken: Equatable {
    var refusal: ReplyCollector.Refusal?
    var isAsExpected = false
    var body: [UInt8] = []
    var gzip: [UInt8]?
  }

  /// Receives a reply in pieces of at most `pieces` bytes.
  private static func take(
    _ wire: [UInt8], expecting expected: [UInt8]? = nil, gzip: [UInt8]? = nil, encoding: String = "gzip",
    pieces: Int = 1000, limits: HTTPLimits = limits, using random: inout SplitMix64
  ) -> Taken {
    var collector = ReplyCollector(
      limits: limits, expected: expected.map(PaddedBytes.init), acceptsGzip: true,
      expectedGzip: gzip.map(PaddedBytes.init))
    for line in ["HTTP/1.1 200 OK\r\n", "Content-Encoding: \(encoding)\r\n", "\r\n"] {
      _ = collector.receive(headerLine: Array(line.utf8).span)
    }
    var rest = wire[...]
    while !rest.isEmpty {
      let part = rest.prefix(Int.random(in: 1...pieces, using: &random))
      rest = rest.dropFirst(part.count)
      guard unsafe part.withUnsafeBytes({ unsafe collector.receive(bodyBytes: $0) }) else {
        return Taken(refusal: collector.refusal)
      }
    }
    collector.finish()
    if let refusal = collector.refusal { return Taken(refusal: refusal) }
    let response = collector.takeResponse()
    let kept = response.gzip.map { Array($0.bytes) }
    #expect(response.headers["content-encoding"] == (kept == nil ? encoding : nil))
    switch response.body {
    case .asExpected: return Taken(isAsExpected: true, gzip: kept)
    case .bytes(let bytes): return Taken(body: Array(bytes.bytes), gzip: kept)
    }
  }

  private static func bytes(_ count: Int, using random: inout SplitMix64) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }

  private static func make(_ parts: [[UInt8]], time: UInt32 = 0) -> [UInt8] {
    var maker = GzipMaker()
    for part in parts { maker.store(part) }
    return maker.member(time: time)
  }

  @Test(arguments: Seeds.first(16))
  func `contains what an uncompressed one would, however it is split and compared`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let body = Self.bytes(Int.random(in: 0...70_000, using: &random), using: &random)
    let wire = Self.make([body], time: UInt32(seed))
    var other = body
    if !other.isEmpty { other[Int.random(in: other.indices, using: &random)] ^= 1 }
    for expected in [nil, body, other, Array(body.dropLast()), body + [1]] {
      for kept in [nil, wire, Self.make([other]), Array(wire.dropLast()), wire + [0]] {
        let pieces = [1, 7, 1000, 100_000].randomElement(using: &random) ?? 1
        let taken = Self.take(
          wire, expecting: expected, gzip: kept, pieces: max(pieces, body.count / 500), using: &random)
        #expect(taken.refusal == nil)
        #expect(taken.isAsExpected == (expected == body || kept == wire))
        if !taken.isAsExpected { #expect(taken.body == body) }
        #expect(taken.gzip == wire)
      }
    }
  }

  @Test func `with another time in its header is the same`() {
    var random = SplitMix64(seed: 1)
    let (now, before) = (Self.make([[1, 2, 3]], time: 0x0102_0304), Self.make([[1, 2, 3]], time: 9))
    for pieces in 1...12 {
      let taken = Self.take(now, expecting: nil, gzip: before, pieces: pieces, using: &random)
      #expect(taken.isAsExpected)
    }
  }

  @Test func `may have several members`() {
    var random = SplitMix64(seed: 2)
    let wire = GzipMaker.stored([1, 2]) + GzipMaker.stored([]) + GzipMaker.stored([3])
    for pieces in [1, 5, 100] {
      let taken = Self.take(wire, expecting: [1], gzip: nil, pieces: pieces, using: &random)
      #expect(taken.body == [1, 2, 3])
    }
  }

  @Test func `that is damaged is rejected, wherever the damage is`() {
    var random = SplitMix64(seed: 3)
    let body = Self.bytes(300, using: &random)
    let wire = GzipMaker.stored(body)
    // The header's time, extra flags and system mean nothing, nor do the bits that pad a byte.
    let telling = wire.indices.filter { !(4..<10).contains($0) }
    for place in telling {
      var damaged = wire
      damaged[place] ^= 0x10
      for kept in [nil, wire] {
        let taken = Self.take(damaged, expecting: body, gzip: kept, pieces: 50, using: &random)
        #expect(taken.refusal == .invalidGzip || taken.isAsExpected, "place \(place)")
      }
    }
    for count in 1..<wire.count {
      for kept in [nil, wire] {
        let taken = Self.take(Array(wire.prefix(count)), expecting: body, gzip: kept, pieces: 50, using: &random)
        #expect(taken.refusal == .invalidGzip, "\(count) bytes")
      }
    }
    for tail: [UInt8] in [[0], [0x1f], [0x1f, 0x8b], Array("x".utf8), wire.dropLast()] {
      #expect(Self.take(wire + tail, gzip: wire, pieces: 50, using: &random).refusal == .invalidGzip)
    }
  }

  @Test func `that inflates past the limit is rejected, however small it is`() {
    var random = SplitMix64(seed: 4)
    let limit = Self.limits.body
    let member = GzipMaker.zeros(limit / 8)
    #expect(member.count * 100 < limit / 8)
    #expect(Self.take(GzipMaker.zeros(limit), using: &random).body.count == limit)
    #expect(Self.take(GzipMaker.zeros(limit + 1), using: &random).refusal == .bodyTooLarge)
    let members = Array(repeatElement(member, count: 8).joined())
    #expect(Self.take(members, using: &random).body.count == limit)
    #expect(Self.take(members + GzipMaker.stored([1]), using: &random).refusal == .bodyTooLarge)
    // Members without contents are limited by the bytes received.
    let empty = GzipMaker.stored([])
    let endless = Array(repeatElement(empty, count: limit / empty.count + 1).joined())
    #expect(Self.take(endless, pieces: 1 << 16, using: &random).refusal == .bodyTooLarge)
  }

  @Test func `without a body is empty`() {
    var random = SplitMix64(seed: 5)
    #expect(Self.take([], gzip: [1, 2], using: &random) == Taken(body: [], gzip: nil))
  }

  @Test func `is left as it is with another encoding`() {
    var random = SplitMix64(seed: 6)
    let taken = Self.take([1, 2, 3], encoding: "br", using: &random)
    #expect(taken == Taken(body: [1, 2, 3]))
  }
}
