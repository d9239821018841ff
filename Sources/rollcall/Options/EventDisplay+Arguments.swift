extension EventDisplay {
  /// - Parameter namesConference: whether there may be several.
  /// - Throws: ``UsageError`` for an unknown format, or options that contradict each other.
  /// - Returns: nil where standard output gets nothing.
  init?(_ arguments: ParsedArguments, _ context: CommandContext, namesConference: Bool) throws(UsageError) {
    let format = try arguments.choice(.format, of: Format.self)
    let isLive = arguments.has(.live)
    if arguments.has(.noStdout) {
      guard let option = isLive ? OptionName.live : format.map({ _ in .format }) else { return nil }
      throw UsageError(
        "--no-stdout and \(option.argument) contradict each other", right: "give one of them")
    }
    if isLive, format == .ndjson {
      throw UsageError(
        "--live and --format ndjson contradict each other", right: "give one of them; --state FILE keeps the events")
    }
    // Rows would be written where there is no terminal, whoever asks for them.
    if isLive, format == .text, context.canRedraw { throw .contradiction(.live, .format) }
    if isLive, context.canRedraw {
      self = .board(BoardDisplay(look: context.look))
    } else if format == .text || isLive {
      self = .text(TextDisplay(look: context.look, namesConference: namesConference))
    } else {
      self = .ndjson
    }
  }
}
