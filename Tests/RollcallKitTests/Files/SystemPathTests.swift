import Libc
import RollcallTestKit
import Testing

@testable import RollcallCore
@testable import RollcallKit

@Suite struct `A path` {
  @Test(arguments: 0..<50 as Range<UInt64>)
  func `survives a round trip with any bytes`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let pieces: [[UInt8]] = [
      [0xFF], [0xC3, 0xA9], [0xC3], [0xE2, 0x82], [0xF4, 0x8F, 0xBE, 0x80], [0xF4, 0x8F, 0xBF, 0xBF],
      [0xED, 0xA0, 0x80],
      Array("state".utf8), [0x2F], [0x80, 0x80],
    ]
    var bytes: [UInt8] = []
    for _ in 0..<8 { bytes += pieces.randomElement(using: &random) ?? [] }
    let text = SystemPath.text(bytes)
    #expect(SystemPath.bytes(of: text) == (bytes + [0]).map { CChar(bitPattern: $0) })
  }

  @Test func `in UTF-8 is kept as text, and shows other bytes as escapes`() {
    #expect(SystemPath.text(Array("/tmp/é".utf8)) == "/tmp/é")
    #expect(SystemPath.visible(SystemPath.text(Array("/tmp/".utf8) + [0xE4, 0x62])) == #"/tmp/\xE4b"#)
  }

  @Test func `of a state file may have any bytes`() async throws {
    try await StateFolder.use { folder in
      let name = SystemPath.text([0x73, 0xE4, 0xFF])
      let draft = Event(.watchStopped, at: Timestamp(milliseconds: 0), conference: nil)
      let store = try await folder.open(name)
      try await store.commit(PollCommit([draft]))
      try await store.close(until: folder.loop.now)
      #expect(try StateReader(path: folder.file(name)).bounds() == 1...1)
      for end in ["", "-wal", "-shm"] { unsafe _ = unlink(SystemPath.bytes(of: folder.file(name) + end)) }
    }
  }
}
