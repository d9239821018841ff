import Libc
import RollcallCore
import RollcallKit

/// Writes log lines for people or machines, and never waits for their reader (``LogOutput``).
struct StandardError: Sendable {
  /// How much a line matters, the most first.
  enum Level: String, CaseIterable, Sendable {
    case error
    case warning
    case notice
    case detail
  }

  static let usualDescriptor = STDERR_FILENO

  private let options: LogOptions
  private let output: LogOutput
  /// The moment of a line, for the JSON format.
  private let now: @Sendable () -> Timestamp
  /// Has the lines while a board is drawn on the terminal; nil where none ever is.
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

  /// Writes a line of that level, unless the options leave it out. Where it finds no room it is dropped and counted,
  /// unless it is an error.
  func log(_ level: Level, _ message: String) { log(level, message, isKept: level == .error) }

  /// Writes a line that says how the process ended. It may wait for its reader as an error may.
  func conclude(_ level: Level, _ message: String) { log(level, message, isKept: true) }

  private func log(_ level: Level, _ message: String, isKept: Bool) {
    guard options.shows(level) else { return }
    let line = line(level, message)
    if hold?.take(level, message, line: line) != true { write(line: line, isKept: isKept) }
  }

  /// A notice that is of no use but now: where a board is drawn it stands in its foot and nowhere else.
  func remark(_ message: String) {
    guard let hold else { return log(.notice, message) }
    if options.shows(.notice) { _ = hold.take(.notice, message, line: nil) }
  }

  /// Writes what was held while a board was drawn.
  func release() {
    guard let (lines, dropped) = hold?.end() else { return }
    if dropped > 0 { log(.warning, "\(dropped) log lines before these are lost") }
    for line in lines { write(line: line, isKept: true) }
  }

  /// Tells of an error that ends the process: as its own line in text, as an error in JSON. Never left out.
  func report(_ error: UsageError) {
    switch options.format {
    case .text: write(line: error.line, isKept: true)
    case .json: write(line: line(.error, error.message), isKept: true)
    }
  }

  /// A line that is written over and over, on a terminal. What finds no room is of no use later.
  func sketch(_ text: String) { output.writeAtOnce(Array(text.utf8)) }

  /// Says how many lines were dropped, as soon as there is room for that, until the task is cancelled.
  func attend(on loop: EventLoop) async { await output.attend(on: loop) }

  /// Waits briefly for the reader of the last lines, once no loop runs any longer.
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
    // Hidden characters are escapes by now; what is left to escape for JSON is two characters.
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
