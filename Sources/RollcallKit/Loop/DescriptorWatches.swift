#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The few descriptors that the loop waits for: its wake-ups, libcurl's sets of sockets, standard output.
struct DescriptorWatches {
  /// Gets what happened, in the bits of poll(2).
  typealias Handler = (Int32) -> Void

  private struct Entry {
    let token: EventLoop.WatchToken
    let handler: Handler
  }

  /// Something that happened at a watched descriptor.
  struct Happening {
    let token: EventLoop.WatchToken
    let handler: Handler
    let happened: Int32
  }

  private var entries: [Entry] = []
  /// What each entry waits for, at the same places.
  private var polls: [pollfd] = []
  private var nextNumber: UInt64 = 0

  /// - Parameter events: bits of poll(2), which reports a descriptor that is closed or broken without being asked.
  mutating func add(_ descriptor: Int32, events: Int32, _ handler: @escaping Handler) -> EventLoop.WatchToken {
    nextNumber += 1
    let token = EventLoop.WatchToken(number: nextNumber)
    entries.append(Entry(token: token, handler: handler))
    polls.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
    return token
  }

  mutating func remove(_ token: EventLoop.WatchToken) {
    guard let index = entries.firstIndex(where: { $0.token == token }) else { return }
    entries.remove(at: index)
    polls.remove(at: index)
  }

  func contains(_ token: EventLoop.WatchToken) -> Bool { entries.contains { $0.token == token } }

  /// Waits until something happens or the time is up.
  ///
  /// - Returns: what happened; handling one may end the watch of another.
  mutating func wait(milliseconds: Int32) -> [Happening] {
    guard unsafe poll(&polls, nfds_t(polls.count), milliseconds) > 0 else { return [] }
    return zip(entries, polls).compactMap { entry, polled in
      polled.revents == 0
        ? nil : Happening(token: entry.token, handler: entry.handler, happened: Int32(polled.revents))
    }
  }
}
