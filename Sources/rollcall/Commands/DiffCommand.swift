import RollcallCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// `rollcall diff`: two saved replies to events, offline.
struct DiffCommand {
  /// Bytes of one saved list: 64 pages of 8 MiB would be more than anybody saves.
  static let maximumFile = 64 << 20

  private let options: DiffOptions

  init(_ options: DiffOptions) { self.options = options }

  func run() throws(UsageError) -> Int32 {
    let before = try Self.bytes(of: options.before)
    let after = try Self.bytes(of: options.after)
    let events = try Self.events(
      from: try Self.list(before, options.before), before, to: try Self.list(after, options.after), after)
    for event in events { StandardOutput.write(event.line) }
    return ExitStatus.done.code
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
    let right = "give replies of one conference's participant list, as the provider sent them"
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
    case .file(let path): Quotation.of(path)
    }
  }

  private static func bytes(of source: DiffOptions.Input) throws(UsageError) -> [UInt8] {
    let descriptor: Int32
    switch source {
    case .standardInput: descriptor = 0
    case .file(let path): descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    }
    guard descriptor >= 0 else {
      throw UsageError("\(name(of: source)) cannot be opened", right: "give a file that exists", exit: .noInput)
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw UsageError("\(name(of: source)) cannot be read", right: "give a readable file", exit: .noInput)
      }
      if count == 0 { return bytes }
      bytes.append(contentsOf: buffer[..<count])
      guard bytes.count <= maximumFile else {
        throw UsageError("\(name(of: source)) is over 64 MiB", right: "give one saved list", exit: .damagedData)
      }
    }
  }
}
