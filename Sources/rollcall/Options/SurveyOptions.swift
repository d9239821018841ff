import RollcallCore
import RollcallKit

/// The options of `rollcall check` for a survey of what the provider offers.
struct SurveyOptions: Sendable {
  enum Format: String, CaseIterable, Sendable {
    case text
    case json
  }

  static let duration = Option(
    "for", .duration(in: .seconds(1)...(.hours(1))),
    help: "poll the conference for this time, and report what its provider offers")
  static let interval = Option(
    "interval", .duration(in: Watch.intervals), default: .seconds(2), help: "time between polls with --for")
  static let format = Option(
    "format", .choice(of: Format.self), default: .text, help: "the format of the --for report")

  static let group = OptionGroup("What the provider offers", [duration, interval, format])

  let duration: Duration
  let interval: Duration
  let format: Format

  /// - Parameter conference: nil if none was named.
  /// - Returns: nil without `--for`.
  /// - Throws: ``UsageError`` for malformed values, and for options that could not take effect.
  init?(_ arguments: ParsedArguments, of conference: ConferenceSID?) throws(UsageError) {
    interval = try arguments[Self.interval]
    format = try arguments[Self.format]
    guard let duration = try arguments[Self.duration] else {
      let (hasInterval, hasFormat) = (arguments.has(Self.interval), arguments.has(Self.format))
      guard hasInterval || hasFormat else { return nil }
      let name = hasInterval ? Self.interval.name : Self.format.name
      throw UsageError("\(name.argument) has no effect without --for", right: "give --for too, such as --for 30s")
    }
    self.duration = duration
    guard conference != nil else {
      throw UsageError("--for needs a conference", right: "give rollcall check <conference-sid> --for 30s")
    }
    // Each list is compared with the previous one, so at least two are needed.
    guard interval < duration else {
      let (interval, duration) = (DurationText.format(interval), DurationText.format(duration))
      throw UsageError(
        "\(duration) is too short for two polls \(interval) apart", right: "give a longer --for or a shorter --interval"
      )
    }
  }

  /// Returns whether unchecked arguments ask for a survey.
  static func areGiven(in arguments: [String]) -> Bool {
    let name = duration.name.argument
    return arguments.prefix { $0 != "--" }.contains { $0 == name || $0.hasPrefix("\(name)=") }
  }
}
