import FuzzOracles
import RollcallCore
import RollcallKit

/// Command lines: every line of the input is an argument or, if it begins like one, an environment variable.
enum OptionsFuzz {
  /// A text that stands for a secret and must not appear in any error.
  static let canary = "KANARIENVOGEL"

  static func check(_ bytes: [UInt8]) {
    var arguments: [String] = []
    var environment: [String: String] = [:]
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      let text = String(decoding: line, as: UTF8.self)
      if let variable = EnvironmentVariable.allCases.first(where: { text.hasPrefix($0.rawValue + "=") }) {
        environment[variable.rawValue] = String(text.dropFirst(variable.rawValue.count + 1))
      } else {
        arguments.append(text)
      }
    }
    let hidden = hides(arguments, environment)
    do throws(UsageError) {
      try readFiles(of: Commands.read(arguments, in: CommandContext(environment: environment)))
    } catch {
      require(Safety.isErrorLine(error.line), "the error is not one safe line: \(error.line.debugDescription)")
      require(
        error.exit == .usage || error.exit == .configuration,
        "expected a usage or configuration error, got \(error.exit)")
      require(!hidden || !error.line.contains(bytesOf: canary), "the error repeats a secret: \(error.line)")
    }
  }

  private static func readFiles(of command: any Command) throws(UsageError) {
    let webhooks =
      switch command {
      case let watch as WatchCommand: watch.options.webhooks
      case let resend as ResendCommand: resend.webhook
      case let check as CheckCommand: check.webhooks
      default: nil as WebhookOptions?
      }
    if let webhooks { check(try webhooks.read(pipes: .refused)) }
  }

  static func check(_ list: TargetList) {
    for target in list.targets {
      require(
        !target.url.host.isEmpty && Safety.isShowable(target.url.host),
        "the host is empty or not safe to print: \(target.url.host.debugDescription)")
      require(
        target.url.url.reveal().utf8.allSatisfy { (0x21...0x7E).contains($0) },
        "the URL contains spaces or characters other than printable ASCII")
      for header in target.headers {
        require(
          !header.value.reveal().utf8.contains { $0 == 0x0D || $0 == 0x0A || $0 == 0 },
          "the header \(header.name) contains a line end or a null byte")
      }
    }
  }

  /// Whether the canary is only in places that contain secrets.
  private static func hides(_ arguments: [String], _ environment: [String: String]) -> Bool {
    let options = [WebhookOptions.webhook.name.argument, WebhookOptions.header.name.argument]
    for (index, argument) in arguments.enumerated() where argument.utf8.range(ofRun: canary.utf8) != nil {
      let isInline = options.contains { argument.hasPrefix($0 + "=") }
      let isValue = index > 0 && options.contains(arguments[index - 1]) && !argument.hasPrefix("-")
      // After `--` nothing is an option, so no place contains a secret.
      guard index > 0, isInline || isValue, !arguments.prefix(index).contains("--") else { return false }
    }
    let open: [EnvironmentVariable] = [.state]
    return !open.contains { environment[$0.rawValue]?.contains(bytesOf: canary) == true }
  }
}
