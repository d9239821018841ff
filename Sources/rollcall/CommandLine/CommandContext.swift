import Libc
import RollcallCore
import RollcallKit

/// What a command line means depends on these things beside its arguments; tests give their own.
struct CommandContext: Sendable {
  private let environment: [String: String]
  let outputIsTerminal: Bool
  /// What times before now count from.
  let now: Timestamp
  /// Where local times are local.
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

  /// The variable's value without line ends around it, which files of variables from Windows leave there. An empty one
  /// counts as not set.
  subscript(variable: EnvironmentVariable) -> String? {
    guard let text = environment[variable.rawValue].map(LineEnds.trimmed), !text.isEmpty else { return nil }
    return text
  }

  /// That of this process.
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

/// What files and variables from elsewhere leave around a text.
enum LineEnds {
  /// The text without carriage returns and line feeds around it, and without a byte order mark before it.
  static func trimmed(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    var bytes = ByteOrderMark.dropped(from: bytes)[...]
    while let last = bytes.last, isEnd(last) { bytes.removeLast() }
    while let first = bytes.first, isEnd(first) { bytes.removeFirst() }
    return bytes
  }

  static func trimmed(_ text: String) -> String { String(decoding: trimmed(Array(text.utf8)), as: UTF8.self) }

  private static func isEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }
}
