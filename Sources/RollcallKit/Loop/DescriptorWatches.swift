import CCurl

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The descriptors besides libcurl's that the loop looks at.
struct DescriptorWatches {
  private struct Entry {
    let token: EventLoop.WatchToken
    let handler: @Sendable (EventLoop.Readiness) -> Void
  }

  private var entries: [Entry] = []
  private var nextNumber: UInt64 = 0
  /// The same descriptors as libcurl wants them, at the same places.
  var waits: [CCurlWait] = []
  private var polls: [pollfd] = []

  var isEmpty: Bool { entries.isEmpty }

  mutating func add(
    _ descriptor: Int32, _ interest: EventLoop.Interest, _ handler: @escaping @Sendable (EventLoop.Readiness) -> Void
  ) -> EventLoop.WatchToken {
    nextNumber += 1
    let token = EventLoop.WatchToken(number: nextNumber)
    let (wait, poll) = interest.events
    entries.append(Entry(token: token, handler: handler))
    waits.append(CCurlWait(descriptor: descriptor, events: wait, returned: 0))
    polls.append(pollfd(fd: descriptor, events: poll, revents: 0))
    return token
  }

  mutating func remove(_ token: EventLoop.WatchToken) {
    guard let index = entries.firstIndex(where: { $0.token == token }) else { return }
    entries.remove(at: index)
    waits.remove(at: index)
    polls.remove(at: index)
  }

  func contains(_ token: EventLoop.WatchToken) -> Bool { entries.contains { $0.token == token } }

  /// What there is to tell, and whom.
  ///
  /// libcurl does not report POLLERR and POLLHUP of extra descriptors, so they are asked for here.
  mutating func collectReady() -> [(EventLoop.WatchToken, EventLoop.Readiness, @Sendable (EventLoop.Readiness) -> Void)]
  {
    guard unsafe poll(&polls, nfds_t(polls.count), 0) > 0 else { return [] }
    return zip(entries, polls).compactMap { entry, polled in
      let happened = Int32(polled.revents)
      guard happened != 0 else { return nil }
      let isGone =
        happened & Int32(POLLNVAL) != 0
        || (happened & Int32(POLLERR | POLLHUP) != 0 && happened & Int32(POLLIN) == 0)
      return (entry.token, isGone ? .gone : .ready, entry.handler)
    }
  }
}

extension EventLoop.Interest {
  /// The events to ask libcurl and poll(2) for. That a reader is gone is always told, unasked.
  fileprivate var events: (wait: Int16, poll: Int16) {
    switch self {
    case .readable: (Int16(CCURL_WAIT_IN), Int16(POLLIN))
    case .writable: (Int16(CCURL_WAIT_OUT), Int16(POLLOUT))
    case .readerGone: (0, 0)
    }
  }
}
