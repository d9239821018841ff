import RollcallCore
import RollcallKit

extension WatchSubject {
  static let maximumConferences = 10_000
  static let maximumNameBytes = 1024

  init(_ arguments: ParsedArguments) throws(UsageError) {
    let name = arguments.text(.name)
    let ways = [
      (name != nil, "--name"), (arguments.has(.all), "--all"), (!arguments.operands.isEmpty, "a conference sid"),
    ]
    let given = ways.filter(\.0).map(\.1)
    guard given.count < 2 else {
      throw UsageError("watch has both \(given[0]) and \(given[1])", right: "give one of them")
    }
    if arguments.has(.all) {
      self = .found(.all)
    } else if let name {
      guard name.utf8.count <= Self.maximumNameBytes else {
        throw UsageError("--name is too long", right: "give at most \(Self.maximumNameBytes) bytes")
      }
      let glob = Glob(name)
      self = .found(glob.isExact ? .named(name) : .matching(glob))
    } else {
      self = .conferences(try Self.conferences(arguments.operands))
    }
  }

  /// For people.
  var text: String {
    switch self {
    case .conferences(let conferences): conferences.map(\.text).joined(separator: ", ")
    case .found(.named(let name)): "the name \(Quotation.of(name))"
    case .found(.matching(let glob)): "names like \(Quotation.of(glob.pattern))"
    case .found(.all): "all conferences"
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
  /// - Throws: ``UsageError`` where the argument is not a valid sid.
  init(argument: String) throws(UsageError) {
    if argument.contains(bytesOf: "://") {
      throw UsageError("a URL is no conference sid", right: "give the sid alone, and a webhook with --webhook URL")
    }
    guard let sid = ConferenceSID(argument) else {
      throw UsageError(
        "\(Quotation.of(argument)) is no conference sid", right: "give 1 to 128 of A-Z a-z 0-9 : _ . -")
    }
    self = sid
  }
}
