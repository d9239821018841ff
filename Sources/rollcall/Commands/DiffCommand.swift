import RollcallCore

/// `rollcall diff`: two saved replies, or two outputs of `rollcall list`, to events, offline.
struct DiffCommand {
  /// Bytes of one saved list: 64 pages of 8 MiB would be more than anybody saves.
  static let maximumFile = 64 << 20

  private let options: DiffOptions

  init(_ options: DiffOptions) { self.options = options }

  func run() throws(UsageError) -> Int32 {
    let beforeBytes = try Self.bytes(of: options.before)
    let afterBytes = try Self.bytes(of: options.after)
    let before = try Self.list(beforeBytes, options.before)
    let after = try Self.list(afterBytes, options.after)
    let events = try Self.events(from: before, beforeBytes, to: after, afterBytes)
    warn(of: before, after)
    for event in events { try StandardOutput.write(StandardOutput.shown(event.line)) }
    return ExitStatus.done.code
  }

  /// Says what the lists do not.
  private func warn(of before: SavedList, _ after: SavedList) {
    let log = StandardError(LogOptions())
    let names = [(before, options.before), (after, options.after)].filter(\.0.lacksPage).map { Self.name(of: $0.1) }
    if !names.isEmpty {
      log.log(
        .warning,
        "\(names.joined(separator: " and ")): the next page (next_page_uri) is missing, and with it whoever is on it; put"
          + " all pages into one file, one after the other")
    }
    if SavedListDifference.isSilent(before, after) {
      log.log(
        .warning, "every participant in the two lists has the status completed; whoever is listed counts as in the room"
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

  private static func list(_ bytes: [UInt8], _ source: DiffOptions.Input) throws(UsageError) -> SavedList {
    do throws(SavedList.Flaw) {
      return try SavedList(bytes)
    } catch {
      throw usage(error, in: name(of: source))
    }
  }

  private static func usage(_ flaw: SavedList.Flaw, in name: String) -> UsageError {
    let right =
      "give replies of one conference's participant list as the provider sent them, or what rollcall list wrote"
    switch flaw {
    case .damaged(let reason, let offset):
      return UsageError("\(name) is damaged at byte \(offset): \(reason)", right: right, exit: .damagedData)
    case .mixed(let one, let other):
      return UsageError("\(name) hold two conferences, \(one) and \(other)", right: right, exit: .damagedData)
    case .nameless:
      return UsageError("\(name) do not name their conference", right: right, exit: .damagedData)
    }
  }

  private static func name(of source: DiffOptions.Input) -> String {
    switch source {
    case .standardInput: "standard input"
    case .file(let path): InputFile.name(path)
    }
  }

  private static func bytes(of source: DiffOptions.Input) throws(UsageError) -> [UInt8] {
    let name = name(of: source)
    return switch source {
    case .standardInput: try InputFile.standardInput(named: name, maximum: maximumFile)
    case .file(let path): try InputFile.bytes(of: path, named: name, maximum: maximumFile)
    }
  }
}
