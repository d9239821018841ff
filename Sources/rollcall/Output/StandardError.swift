import Libc
import RollcallCore
import RollcallKit

/// Writes log lines as text or JSON, and never waits for their reader (``LogOutput``).
struct StandardError: Sendable {
  /// The importance of a line, most important first.
  enum Level: String, CaseIterable, Sendable {
    case error
    case warning
    case notice
    case detail
  }

  static let usualDescriptor = STDERR_FILENO

  private let options: LogOptions
  private let output: LogOutput
  /// The time of a line, for the JSON format.
  private let now: @Sendable () -> Timestamp
  /// Keeps lines while a board is drawn on the terminal; nil if none is ever drawn.
  private let hold: LogHold?

  init(
    _ options: LogOptions, descriptor: Int32 = usualDescriptor, hold: LogHold? = nil,
    now: @escaping @Sendable () -> Timestamp = { .wallClock }
  ) {
    self.options = options
    output = descriptor == Self.usualDescriptor ? .usual : LogOutput(NonblockingOutput(descriptor))
    self.hold = hold
    self.now = now
  }

  /// Writes a line, unless the options exclude its level. If there is no room, the line is dropped and counted, unless
  /// it is an error.
  func log(_ level: Level, _ message: String) { log(level, message, isKept: level == .error) }

  /// Writes a line about the end of the process. Like an error, it may wait for room.
  func conclude(_ level: Level, _ message: String) { log(level, message, isKept: true) }

  private func log(_ level: Level, _ message: String, isKept: Bool) {
    guard options.shows(level) else { return }
    let line = line(level, message)
    if hold?.take(level, message, line: line) != true { write(line: line, isKept: isKept) }
  }

  /// Shows a notice that only matters now. With a board, it appears only in the board's last line.
  func remark(_ message: String) {
    guard let hold else { return log(.notice, message) }
    if options.shows(.notice) { _ = hold.take(.notice, message, line: nil) }
  }

  /// Writes the lines kept while a board was drawn.
  func release() {
    guard let (lines, dropped) = hold?.end() else { return }
    if dropped > 0 { log(.warning, "\(dropped) log lines before these are lost") }
    for line in lines { write(line: line, isKept: true) }
  }

  /// Writes an error that ends the process, even if the options exclude errors.
  func report(_ error: UsageError) {
    switch options.format {
    case .text: write(line: error.line, isKept: true)
    case .json: write(line: line(.error, error.message), isKept: true)
    }
  }

  /// Draws a progress line on a terminal, or drops it if there is no room.
  func sketch(_ text: String) { output.writeAtOnce(Array(text.utf8)) }

  /// Writes waiting lines as soon as there is room, until the task is cancelled.
  func attend(on loop: EventLoop) async { await output.attend(on: loop) }

  /// Waits briefly until the last lines are written. Call it when no loop is running.
  func finish() { output.finish() }

  private func line(_ level: Level, _ message: String) -> String {
    switch options.format {
    case .text: Self.text(level, message)
    case .json: Self.json(level, message, at: now())
    }
  }

  @Sendable private func droppedLines(_ count: Int) -> [UInt8] {
    let lines = count == 1 ? "1 line was" : "\(count) lines were"
    return Array((line(.warning, "log: \(lines) dropped because standard error had no room") + "\n").utf8)
  }

  static func text(_ level: Level, _ message: String) -> String {
    let message = TerminalText.sanitised(message)
    return switch level {
    case .error, .notice, .detail: "rollcall: \(message)"
    case .warning: "rollcall: warning: \(message)"
    }
  }

  static func json(_ level: Level, _ message: String, at time: Timestamp) -> String {
    var quoted = ""
    // Hidden characters have been escaped; only these two are left to escape for JSON.
    for character in TerminalText.sanitised(message).unicodeScalars {
      if character == "\"" || character == "\\" { quoted += "\\" }
      quoted.unicodeScalars.append(character)
    }
    return "{\"time\":\"\(time.rfc3339)\",\"level\":\"\(level.rawValue)\",\"message\":\"\(quoted)\"}"
  }

  private func write(line: String, isKept: Bool) {
    output.write(Array((line + "\n").utf8), isKept: isKept, notice: droppedLines)
  }
}
