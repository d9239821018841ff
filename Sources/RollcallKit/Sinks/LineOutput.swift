#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where lines go, to somebody who may be slow to read them, or gone.
package protocol LineOutput: Sendable {
  /// Writes a line as soon as there is room for it.
  ///
  /// - Returns: nil once all of it is written.
  func write(_ line: [UInt8]) async -> LineWriter.Ending?

  /// Waits until whoever reads has gone.
  func readerLeaves() async -> LineWriter.Ending
}

/// Writes whole lines to a descriptor, one `write(2)` for each where there is room, and never blocks the loop.
package struct DescriptorOutput: LineOutput {
  private let loop: EventLoop
  private let descriptor: Int32

  package init(on loop: EventLoop, descriptor: Int32) {
    self.loop = loop
    self.descriptor = descriptor
  }

  /// Writes a line as soon as there is room for it.
  ///
  /// - Returns: nil once all of it is written.
  package func write(_ line: [UInt8]) async -> LineWriter.Ending? {
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

  /// Waits until whoever reads has gone.
  package func readerLeaves() async -> LineWriter.Ending {
    do throws(CancellationError) {
      _ = try await loop.readiness(of: descriptor, for: .readerGone)
      return .readerGone
    } catch {
      return .cancelled
    }
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
