import RollcallCore
import Testing

@testable import RollcallKit

@Suite struct `What is known of targets beside the state file` {
  @Test func `a new target begins where it was first asked for, however late the file can answer`() {
    let cursors = Cursors(lastSequence: 3)
    #expect(cursors.start(of: "hook") == 4)
    cursors.stored(through: 9)
    #expect(cursors.start(of: "hook") == 4)
    #expect(cursors.start(of: "another") == 10)
    cursors.remove("hook")
    #expect(cursors.start(of: "hook") == 10)
  }
}
