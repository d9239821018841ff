import Libc
import RollcallKit

/// A progress line that is redrawn in place on a terminal's standard error; elsewhere it is not shown.
struct ProgressLine {
  /// The minimum time between two redraws.
  private static let pace: Duration = .milliseconds(100)
  private static let erase = "\r\u{1B}[K"

  private let isOn: Bool
  private let log: StandardError
  private let loop: EventLoop
  private var next: BootInstant
  private var isShown = false

  init(_ options: LogOptions, _ log: StandardError, on loop: EventLoop) {
    self.log = log
    isOn = options.format == .text && options.shows(.notice) && isTerminal(STDERR_FILENO)
    self.loop = loop
    next = loop.now
  }

  mutating func show(_ text: String) {
    guard isOn, loop.now >= next else { return }
    next = loop.now.advanced(by: Self.pace)
    isShown = true
    log.sketch(Self.erase + TerminalText.sanitised(text))
  }

  /// Erases the progress line before a line that stays.
  mutating func clear() {
    guard isShown else { return }
    isShown = false
    log.sketch(Self.erase)
  }
}
