import Libc
import RollcallCore
import RollcallKit

/// Everything besides its arguments that the meaning of a command line depends on; tests inject their own.
struct CommandContext: Sendable {
  private let environment: [String: String]
  let outputIsTerminal: Bool
  /// The moment from which relative times count.
  let now: Timestamp
  /// The time zone of local times.
  let zone: LocalZone

  init(
    environment: [String: String] = [:], outputIsTerminal: Bool = false, now: Timestamp = Timestamp(milliseconds: 0),
    zone: LocalZone = .utc
  ) {
    self.environment = environment
    self.outputIsTerminal = outputIsTerminal
    self.now = now
    self.zone = zone
  }

  /// Returns a variable's value without the line ends that files from Windows leave around it; nil if it is unset or
  /// empty.
  subscript(variable: EnvironmentVariable) -> String? {
    guard let text = environment[variable.rawValue].map(LineEnds.trimmed), !text.isEmpty else { return nil }
    return text
  }

  /// Returns the context of this process.
  static func current() -> CommandContext {
    var environment: [String: String] = [:]
    for variable in EnvironmentVariable.allCases {
      guard let value = unsafe getenv(variable.rawValue) else { continue }
      environment[variable.rawValue] = unsafe ProcessArguments.text(value)
    }
    return CommandContext(
      environment: environment, outputIsTerminal: isTerminal(STDOUT_FILENO), now: .wallClock, zone: .system)
  }
}

/// The line ends and marks that files and variables from other systems leave around a text.
enum LineEnds {
  /// Returns the text without surrounding carriage returns and line feeds, and without a leading byte order mark.
  static func trimmed(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    var bytes = ByteOrderMark.dropped(from: bytes)[...]
    while let last = bytes.last, isEnd(last) { bytes.removeLast() }
    while let first = bytes.first, isEnd(first) { bytes.removeFirst() }
    return bytes
  }

  static func trimmed(_ text: String) -> String { String(decoding: trimmed(Array(text.utf8)), as: UTF8.self) }

  private static func isEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }
}
