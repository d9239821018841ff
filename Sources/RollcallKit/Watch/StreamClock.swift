package import RollcallCore
import Synchronization

/// The stream's time: the wall clock at the start plus the boot-time clock, so that it never goes back.
///
/// A jump of the wall clock forward is read anew, one back is not.
package final class StreamClock: Sendable {
  /// A smaller difference is drift, not a jump.
  static let jump: Duration = .seconds(2)

  private let loop: EventLoop
  private let base: Mutex<(wall: Timestamp, boot: BootInstant)>

  package init(on loop: EventLoop) {
    self.loop = loop
    base = Mutex((loop.wallClock, loop.now))
  }

  package var now: Timestamp {
    let wall = loop.wallClock
    let boot = loop.now
    return base.withLock { base in
      let streamTime = base.wall + base.boot.duration(to: boot)
      guard wall - streamTime > Self.jump else { return streamTime }
      base = (wall, boot)
      return wall
    }
  }
}
