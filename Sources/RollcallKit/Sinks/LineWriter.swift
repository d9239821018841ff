package import RollcallCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes events to a descriptor, one `write(2)` for each line, and never blocks the loop.
package actor LineWriter {
  package enum Ending: Sendable, Equatable {
    /// Whoever read has gone; the line that could not be written stays undelivered.
    case readerGone
    /// The descriptor failed with this `errno`.
    case failed(Int32)
    case unreadable(StoreFailure)
    case cancelled
  }

  /// The name by which the store knows this target.
  package static let target = "stdout"
  private static let batch = 256

  private let loop: EventLoop
  private let store: any EventStore
  private let descriptor: Int32
  private let allows: @Sendable (EventType) -> Bool
  /// nil until the store has been asked for it.
  private var progress: TargetProgress?

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  package init(
    on loop: EventLoop, store: any EventStore, descriptor: Int32, allows: @escaping @Sendable (EventType) -> Bool
  ) {
    self.loop = loop
    self.store = store
    self.descriptor = descriptor
    self.allows = allows
  }

  /// Writes what the store holds beyond the cursor.
  ///
  /// - Returns: nil once everything is written.
  package func drain() async -> Ending? {
    do throws(StoreFailure) {
      var progress =
        if let progress { progress } else { try await store.progress(of: Self.target) }
      while true {
        let events = try await store.events(after: progress.taken, limit: Self.batch)
        guard !events.isEmpty else { return nil }
        for event in events {
          if allows(event.type), let ending = await write(event.line) { return ending }
          progress.taken = event.sequence
          self.progress = progress
          await store.note(progress, of: Self.target)
        }
        // A reader who is always ready would keep the loop from everything else while a backlog lasts.
        await Task.yield()
      }
    } catch {
      return .unreadable(error)
    }
  }

  /// Waits until whoever reads has gone.
  package func readerLeaves() async -> Ending {
    do throws(CancellationError) {
      _ = try await loop.readiness(of: descriptor, for: .readerGone)
      return .readerGone
    } catch {
      return .cancelled
    }
  }

  private func write(_ line: [UInt8]) async -> Ending? {
    var written = 0
    while written < line.count {
      // Asking costs one call; waiting costs a whole turn of the loop, and most lines need not wait.
      if !isWritable {
        do throws(CancellationError) {
          let readiness = try await loop.readiness(of: descriptor, for: .writable)
          if readiness == .gone { return .readerGone }
        } catch {
          return .cancelled
        }
      }
      let count = unsafe line[written...].withUnsafeBytes { rest in
        unsafe systemWrite(descriptor, rest.baseAddress, rest.count)
      }
      if count >= 0 {
        written += count
      } else if errno == EPIPE {
        return .readerGone
      } else if errno != EINTR, errno != EAGAIN {
        return .failed(errno)
      }
    }
    return nil
  }

  /// Whether a line can be written without blocking: a pipe is writable where it has room for 4096 bytes.
  private var isWritable: Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return unsafe poll(&entry, 1, 0) == 1 && entry.revents == Int16(POLLOUT)
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  unsafe write(descriptor, bytes, count)
}
