/// The exit status of the process, from sysexits(3) if that has one for the case.
enum ExitStatus: Hashable, Sendable {
  /// Success.
  case done
  /// A malformed argument.
  case usage
  /// Data that is damaged or does not belong together, or a state file of a later version.
  case damagedData
  /// No such input file.
  case noInput
  /// No such conference, or the provider cannot be reached at the start.
  case unavailable
  /// An internal error.
  case internalError
  /// The state file, or the file of a timeline, cannot be created.
  case cannotCreate
  /// Reading or writing failed.
  case inputOutput
  /// The state file is in use or locked, or events were left undelivered without one.
  case tryLater
  /// The space refused the credentials.
  case unauthorised
  /// No account or token, an invalid secret file, or a space that must not get the token.
  case configuration
  /// Ended by a signal with this number; a shell shows 128 more.
  case signal(Int32)
  /// The reader of standard output has left; the process ends by SIGPIPE.
  static let readerGone = ExitStatus.signal(13)

  /// The number for `exit(3)`.
  var code: Int32 {
    switch self {
    case .done: 0
    case .usage: 64
    case .damagedData: 65
    case .noInput: 66
    case .unavailable: 69
    case .internalError: 70
    case .cannotCreate: 73
    case .inputOutput: 74
    case .tryLater: 75
    case .unauthorised: 77
    case .configuration: 78
    case .signal(let number): 128 + number
    }
  }

  /// The meaning of a status, for users; all signals share one text.
  var meaning: String {
    switch self {
    case .done: "done: the conference ended, --once or --for was over, or a signal asked for the end"
    case .usage: "a malformed argument"
    case .damagedData: "damaged data, or a state file of a later version"
    case .noInput: "no such input file"
    case .unavailable: "no such conference, or the provider could not be reached within 30 s of the start"
    case .internalError: "an internal error"
    case .cannotCreate: "the state file, or the page of a timeline, cannot be created"
    case .inputOutput: "reading or writing failed"
    case .tryLater:
      "another program uses or locks the state file, or events were not delivered and no state file keeps them"
    case .unauthorised: "the credentials were refused"
    case .configuration: "no account or token, or another error in the configuration"
    case .signal: "the reader of standard output has gone (SIGPIPE); another signal gives 128 and its number"
    }
  }

  /// All statuses in the order of their numbers; a broken pipe stands for the signals.
  static let all: [ExitStatus] = [
    .done, .usage, .damagedData, .noInput, .unavailable, .internalError, .cannotCreate, .inputOutput, .tryLater,
    .unauthorised, .configuration, .readerGone,
  ]
}
