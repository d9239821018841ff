import RollcallCore
import RollcallKit

extension WatchSubject {
  static let name = Option(
    "name", .friendlyName, help: "conferences whose friendly name is NAME; * and ? are wildcards")
  static let all = Option(flag: "all", help: "all conferences of the account, including new ones")

  static let maximumConferences = 10_000

  init(_ arguments: ParsedArguments) throws(UsageError) {
    let (name, isAll) = (try arguments[Self.name], try arguments[Self.all])
    let ways = [
      (name != nil, "--name"), (isAll, "--all"), (!arguments.operands.isEmpty, "a conference sid"),
    ]
    let given = ways.filter(\.0).map(\.1)
    guard given.count < 2 else {
      throw UsageError("watch takes either \(given[0]) or \(given[1])", right: "give one of them")
    }
    if isAll {
      self = .found(.all)
    } else if let name {
      self = .found(name)
    } else {
      self = .conferences(try Self.conferences(arguments.operands))
    }
  }

  /// The subject in words.
  var text: String {
    switch self {
    case .conferences(let conferences): conferences.map(\.text).joined(separator: ", ")
    case .found(.named(let name)): "conferences named \(Quotation.of(name))"
    case .found(.matching(let glob)): "conferences with names like \(Quotation.of(glob.pattern))"
    case .found(.all): "conferences of the account"
    }
  }

  private static func conferences(_ operands: [String]) throws(UsageError) -> [ConferenceSID] {
    guard !operands.isEmpty else {
      throw UsageError(
        "watch needs a conference", right: "give rollcall watch <conference-sid>…, --name NAME or --all")
    }
    guard operands.count <= maximumConferences else {
      throw UsageError("there are too many conferences", right: "give at most \(maximumConferences)")
    }
    var seen: Set<ConferenceSID> = []
    var conferences: [ConferenceSID] = []
    for operand in operands {
      let conference = try ConferenceSID(argument: operand)
      if seen.insert(conference).inserted { conferences.append(conference) }
    }
    return conferences
  }
}

extension ConferenceSID {
  /// - Throws: ``UsageError`` if the argument is not a valid sid.
  init(argument: String) throws(UsageError) {
    if argument.contains(bytesOf: "://") {
      throw UsageError("a URL is not a conference sid", right: "give the sid alone, and a webhook with --webhook URL")
    }
    guard let sid = ConferenceSID(argument) else {
      throw .invalid(
        operand: "conference sid", argument, expected: "\(SIDText.form); rollcall conferences shows them")
    }
    self = sid
  }
}

extension ValueKind where Value == Shard {
  /// A shard, such as `0/3` for the first of three.
  static var shard: ValueKind {
    ValueKind("K/N", domain: .bounds("N up to \(Shard.maximumCount)")) { (text, source, _) throws(UsageError) in
      let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
      guard numbers.count == 2, let index = numbers[0], let count = numbers[1] else {
        throw .invalid(source, text, expected: "K/N, such as 0/3 for the first of three shards")
      }
      guard (1...Shard.maximumCount).contains(count) else {
        throw .invalid(source, text, expected: "1 to \(Shard.maximumCount) shards")
      }
      guard let shard = Shard(index, of: count) else {
        throw .invalid(source, text, expected: "0/\(count) to \(count - 1)/\(count), as shards count from 0")
      }
      return shard
    }
  }
}

extension ValueKind where Value == ConferenceSelection {
  /// A friendly name, or a glob of several.
  static var friendlyName: ValueKind {
    ValueKind("NAME") { (text, source, _) throws(UsageError) in
      guard text.utf8.count <= ConferenceSelection.maximumNameBytes else {
        throw UsageError(
          "\(source.label) is too long", right: "give at most \(ConferenceSelection.maximumNameBytes) bytes")
      }
      let glob = Glob(text)
      return glob.isExact ? .named(text) : .matching(glob)
    }
  }
}

extension ConferenceSelection {
  fileprivate static let maximumNameBytes = 1024
}
