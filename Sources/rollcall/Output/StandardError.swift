#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes log lines for people or machines; one line is one `write(2)`, unless it is longer than a pipe takes at once.
struct StandardError: Sendable {
  /// How much a line matters, the most first.
  enum Level: String, CaseIterable, Sendable {
    case error
    case warning
    case notice
    case detail
  }

  /// Times that a line is offered to a descriptor that has no room, 100 ms each, before the rest of it is dropped.
  private static let maximumWaits = 10
  private static let waitMilliseconds: Int32 = 100
  /// Bytes that a pipe with room takes without waiting: `PIPE_BUF` of Linux.
  private static let maximumWrite = 4096

  static let usualDescriptor = STDERR_FILENO

  private let options: LogOptions
  private let descriptor: Int32
  private let timestamp: (@Sendable () -> String)?
  /// Has the lines while a board is drawn on the terminal; nil where none ever is.
  private let hold: LogHold?

  /// - Parameter timestamp: gives the moment of a line as RFC 3339, for the JSON format; nil leaves it out.
  init(
    _ options: LogOptions, descriptor: Int32 = usualDescriptor, hold: LogHold? = nil,
    timestamp: (@Sendable () -> String)? = nil
  ) {
    self.options = options
    self.descriptor = descriptor
    self.hold = hold
    self.timestamp = timestamp
  }

  /// Writes a line of that level, unless the options leave it out.
  func log(_ level: Level, _ message: String) {
    guard options.shows(level) else { return }
    let line =
      switch options.format {
      case .text: Self.text(level, message)
      case .json: Self.json(level, message, timestamp: timestamp?())
      }
    if hold?.take(level, message, line: line) != true { write(line: line) }
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
    for line in lines { write(line: line) }
  }

  /// Tells of an error that ends the process: as its own line in text, as an error in JSON. Never left out.
  func report(_ error: UsageError) {
    switch options.format {
    case .text: write(line: error.line)
    case .json: write(line: Self.json(.error, error.line, timestamp: timestamp?()))
    }
  }

  static func text(_ level: Level, _ message: String) -> String {
    let message = TerminalText.sanitised(message)
    return switch level {
    case .error, .notice, .detail: "rollcall: \(message)"
    case .warning: "rollcall: warning: \(message)"
    }
  }

  static func json(_ level: Level, _ message: String, timestamp: String?) -> String {
    let time = timestamp.map { "\"timestamp\":\"\($0)\"," } ?? ""
    var quoted = ""
    // Hidden characters are escapes by now; what is left to escape for JSON is two characters.
    for character in TerminalText.sanitised(message).unicodeScalars {
      if character == "\"" || character == "\\" { quoted += "\\" }
      quoted.unicodeScalars.append(character)
    }
    return "{\(time)\"level\":\"\(level.rawValue)\",\"message\":\"\(quoted)\"}"
  }

  private func write(line: String) {
    var bytes = ArraySlice(Array((line + "\n").utf8))
    var waits = 0
    while !bytes.isEmpty, waits <= Self.maximumWaits {
      // Whether the descriptor blocks is its other owners' choice; nothing here may wait longer than this.
      var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      guard unsafe poll(&room, 1, Self.waitMilliseconds) > 0 else {
        waits += 1
        continue
      }
      let written = unsafe bytes.prefix(Self.maximumWrite).withUnsafeBytes { unsafe sendBytes(descriptor, $0) }
      if written > 0 {
        bytes = bytes.dropFirst(written)
      } else if errno == EAGAIN {
        waits += 1
      } else if errno != EINTR {
        return
      }
    }
  }
}

/// `write(2)`, which a method of that name would hide.
private func sendBytes(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  unsafe write(descriptor, bytes.baseAddress, bytes.count)
}
