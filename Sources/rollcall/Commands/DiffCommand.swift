import RollcallCore
import RollcallKit

/// `rollcall diff`: compares two saved replies, or two outputs of `rollcall list`, offline, and prints the events.
struct DiffCommand: Command {
  /// The maximum size of a saved list, in bytes.
  static let maximumFile = 64 << 20

  static let spec = CommandSpec(
    name: "diff",
    summary: "compare two saved lists, offline",
    usage: ["diff <before.json> <after.json>"],
    details: [
      "Reads two saved replies of the participant list, or two saved outputs of rollcall list --format ndjson, and writes"
        + " the differences as events. One of the files may be - for standard input. If a list has several pages, put all of"
        + " them into one file, one after the other. Needs no account and no network."
    ],
    operands: .files)

  /// The source of a saved reply.
  enum Input: Hashable, Sendable {
    case standardInput
    case file(String)

    init(_ operand: String) {
      self = operand == "-" ? .standardInput : .file(operand)
    }
  }

  let before: Input
  let after: Input

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    let operands = arguments.operands
    guard operands.count == 2, operands.allSatisfy({ !$0.isEmpty }) else {
      throw UsageError("diff needs two saved replies", right: "give rollcall diff <before.json> <after.json>")
    }
    before = Input(operands[0])
    after = Input(operands[1])
    guard before != .standardInput || after != .standardInput else {
      throw UsageError("both files are standard input", right: "give - for one of them")
    }
  }

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    let beforeBytes = try Self.bytes(of: before)
    let afterBytes = try Self.bytes(of: after)
    let beforeList = try Self.list(beforeBytes, before)
    let afterList = try Self.list(afterBytes, after)
    let events = try Self.events(from: beforeList, beforeBytes, to: afterList, afterBytes)
    warn(of: beforeList, afterList)
    for event in events { try StandardOutput.write(StandardOutput.shown(event.line)) }
    return ExitStatus.done.code
  }

  /// Warns about missing pages and about statuses that do not show who is in the room.
  private func warn(of beforeList: SavedList, _ afterList: SavedList) {
    let log = StandardError(LogOptions())
    let names = [(beforeList, before), (afterList, after)].filter(\.0.lacksPage).map { Self.name(of: $0.1) }
    if !names.isEmpty {
      log.log(
        .warning,
        "\(names.joined(separator: " and ")): the next page (next_page_uri) and its participants are missing; put"
          + " all pages into one file, one after the other")
    }
    if SavedListDifference.isSilent(beforeList, afterList) {
      log.log(
        .warning,
        "every participant in the two lists has the status completed; all listed ones count as in the room"
      )
    }
  }

  private static func events(
    from before: SavedList, _ beforeBytes: [UInt8], to after: SavedList, _ afterBytes: [UInt8]
  ) throws(UsageError) -> [StoredEvent] {
    do throws(SavedList.Flaw) {
      return try SavedListDifference.events(from: before, beforeBytes, to: after, afterBytes)
    } catch {
      throw usage(error, in: "the two files")
    }
  }

  private static func list(_ bytes: [UInt8], _ source: Input) throws(UsageError) -> SavedList {
    do throws(SavedList.Flaw) {
      return try SavedList(bytes)
    } catch {
      throw usage(error, in: name(of: source))
    }
  }

  private static func usage(_ flaw: SavedList.Flaw, in name: String) -> UsageError {
    let right =
      "give saved replies of one conference's participant list, or saved output of rollcall list"
    switch flaw {
    case .damaged(let reason, let offset):
      return UsageError("\(name) is damaged at byte \(offset): \(reason)", right: right, exit: .damagedData)
    case .mixed(let one, let other):
      return UsageError("\(name) hold two conferences, \(one) and \(other)", right: right, exit: .damagedData)
    case .nameless:
      return UsageError("\(name) do not name their conference", right: right, exit: .damagedData)
    }
  }

  private static func name(of source: Input) -> String {
    switch source {
    case .standardInput: "standard input"
    case .file(let path): InputFile.name(path)
    }
  }

  private static func bytes(of source: Input) throws(UsageError) -> [UInt8] {
    let name = name(of: source)
    return switch source {
    case .standardInput: try InputFile.standardInput(named: name, maximum: maximumFile)
    case .file(let path): try InputFile.bytes(of: path, named: name, maximum: maximumFile)
    }
  }
}
