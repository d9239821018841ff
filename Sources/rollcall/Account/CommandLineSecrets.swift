/// Takes the secrets among the arguments out of what other users of the machine can see of this process.
enum CommandLineSecrets {
  private static let options: [OptionName] = [WebhookOptions.webhook.name, WebhookOptions.header.name]
  private static let cover = CChar(bitPattern: UInt8(ascii: "*"))

  /// Overwrites the values of `--webhook` and `--webhook-header` where the system shows them (`ps`, `/proc`). Call it
  /// once they have been read, and while there is one thread.
  static func cover(in arguments: [String] = ProcessArguments.all) {
    for (index, skipped) in values(in: arguments) { ProcessArguments.overwrite(index, after: skipped, with: cover) }
  }

  /// Which arguments hold such a value, and how many of their bytes come before it.
  static func values(in arguments: [String]) -> [(index: Int, skipped: Int)] {
    var found: [(index: Int, skipped: Int)] = []
    for (index, argument) in arguments.enumerated().dropFirst() {
      if argument == "--" { break }
      for option in options {
        if argument == option.argument, index + 1 < arguments.count {
          found.append((index + 1, 0))
        } else if argument.hasPrefix(option.argument + "=") {
          found.append((index, option.argument.utf8.count + 1))
        }
      }
    }
    return found
  }
}
