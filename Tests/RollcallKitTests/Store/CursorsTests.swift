import RollcallCore
import Testing

@testable import RollcallKit

@Suite struct `Cursors that are not saved yet` {
  @Test func `let a new target begin where it was first requested, however late the file is read`() {
    let cursors = Cursors(lastSequence: 3)
    #expect(cursors.start(of: "hook") == 4)
    cursors.stored(through: 9)
    #expect(cursors.start(of: "hook") == 4)
    #expect(cursors.start(of: "another") == 10)
    cursors.remove("hook")
    #expect(cursors.start(of: "hook") == 10)
  }
}
