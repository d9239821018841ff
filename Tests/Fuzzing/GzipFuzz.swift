import RollcallCore

@testable import RollcallKit

/// Compressed replies as they arrive, in pieces of any length and compared with any bytes.
enum GzipFuzz {
  private static let limit = 4096
  private static let maximumMembers = 4

  /// The result of a reply; nil if its body was refused.
  private typealias Taken = (body: [UInt8], gzip: [UInt8])?

  static func check(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let isRaw = input.flag()
    let pieces = (0..<8).map { _ in 1 + input.number(below: 64) }
    if isRaw {
      check(input.remainder(), pieces)
      return
    }
    let (made, contents) = members(&input)
    let whole = check(made, pieces)
    if contents.count > limit {
      require(whole == nil, "\(contents.count) bytes were inflated, more than the limit of \(limit)")
    } else {
      require(whole.map { $0.body == contents } ?? made.isEmpty, "the inflated body differs from what was compressed")
    }
    var damaged = made
    while !input.isAtEnd, !damaged.isEmpty {
      let place = (input.number(below: 256) << 8 | input.number(below: 256)) % damaged.count
      damaged[place] ^= input.byte()
    }
    let found = check(damaged, pieces)
    // A different body has a different checksum; only the header's time, flags and system may change freely.
    if let found, contents.count <= limit, made.count == damaged.count, made.dropFirst(10) == damaged.dropFirst(10) {
      require(found.body == contents, "a damaged header changes the body")
    }
  }

  /// Returns a body of some members, each made of stored bytes and runs, and its contents.
  private static func members(_ input: inout FuzzInput) -> (gzip: [UInt8], contents: [UInt8]) {
    var (gzip, contents): ([UInt8], [UInt8]) = ([], [])
    for _ in 0..<input.number(below: maximumMembers) {
      var maker = GzipMaker()
      for _ in 0..<input.number(below: 3) {
        let part = (0..<input.number(below: 32)).map { _ in input.byte() }
        maker.store(part)
        contents += part
        guard input.flag() else { continue }
        let run = 1 + input.number(below: 256) * 8
        maker.run(of: run)
        contents += [UInt8](repeating: 0, count: run)
      }
      gzip += maker.member(time: UInt32(input.byte()))
    }
    return (gzip, contents)
  }

  /// Receives a body whole, in pieces and compared with other bytes, and requires the same result each time.
  @discardableResult
  private static func check(_ wire: [UInt8], _ pieces: [Int]) -> Taken {
    let whole = take(wire, [max(wire.count, 1)], kept: nil)
    if let whole {
      require(whole.body.count <= limit, "expected at most \(limit) bytes, got \(whole.body.count)")
      require(whole.gzip == wire, "the compressed bytes were not kept as received")
    }
    var other = wire
    if !other.isEmpty { other[other.count / 2] ^= 1 }
    for kept in [nil, other, Array(wire.dropLast()), wire + [0]] {
      let taken = take(wire, pieces, kept: kept)
      require(taken?.body == whole?.body, "the body depends on how it is split or what it is compared with")
      require(taken?.gzip == whole?.gzip, "the kept bytes depend on how the body is split or what it is compared with")
    }
    return whole
  }

  /// - Parameters:
  ///   - pieces: the lengths of the pieces in which the body arrives, repeated.
  ///   - kept: the compressed bytes of the previous reply, which differ from these.
  private static func take(_ wire: [UInt8], _ pieces: [Int], kept: [UInt8]?) -> Taken {
    var collector = ReplyCollector(
      limits: HTTPLimits(body: limit), expected: nil, acceptsGzip: true, expectedGzip: kept.map(PaddedBytes.init))
    for line in ["HTTP/1.1 200 OK\r\n", "Content-Encoding: gzip\r\n", "\r\n"] {
      _ = collector.receive(headerLine: Array(line.utf8).span)
    }
    var rest = wire[...]
    var turn = 0
    while !rest.isEmpty {
      let part = rest.prefix(pieces[turn % pieces.count])
      rest = rest.dropFirst(part.count)
      turn += 1
      guard part.withUnsafeBytes({ collector.receive(bodyBytes: $0) }) else { return nil }
    }
    collector.finish()
    guard collector.refusal == nil else { return nil }
    let response = collector.takeResponse()
    guard case .bytes(let body) = response.body else {
      require(
        kept.map { differsInTimeAlone($0, wire) } == true, "a different reply counts as equal to the previous one")
      // The expected body is the one that these bytes would inflate to.
      return take(wire, [max(wire.count, 1)], kept: nil)
    }
    return (Array(body.bytes), response.gzip.map { Array($0.bytes) } ?? [])
  }

  /// Whether two bodies differ at most in the time in the first header.
  private static func differsInTimeAlone(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    one.count == other.count && zip(one, other).enumerated().allSatisfy { (4..<8).contains($0) || $1.0 == $1.1 }
  }
}
