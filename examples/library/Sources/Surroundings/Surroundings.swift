public import RollcallKit

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Shared by the programs: the environment in which they run.
public enum Surroundings {
  /// The account in the variables of SignalWire's clients. Ends the program if there is none.
  public static var account: ConferenceAccount {
    guard let origin = variable("SIGNALWIRE_SPACE_URL"), let project = variable("SIGNALWIRE_PROJECT_ID"),
      let token = variable("SIGNALWIRE_API_TOKEN")
    else { end("set SIGNALWIRE_SPACE_URL, SIGNALWIRE_PROJECT_ID and SIGNALWIRE_API_TOKEN", 78) }
    do {
      return try ConferenceAccount(origin: origin, project: project, token: Secret(token))
    } catch {
      end("\(origin) is no origin that a token may be sent to", 78)
    }
  }

  public static func variable(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    return String(cString: value)
  }

  /// Ends the program with the exit status of `rollcall watch` for a failure.
  public static func end(_ failure: WatchFailure) -> Never {
    switch failure {
    case .unauthorised: end("\(failure)", 77)
    case .unknownConference, .conferenceOver, .unreachable: end("\(failure)", 69)
    case .invalid: end("\(failure)", 64)
    case .undelivered, .state: end("\(failure)", 75)
    case .setUp, .cancelled: end("\(failure)", 70)
    @unknown default: end("\(failure)", 70)
    }
  }

  public static func end(_ reason: String, _ code: Int32) -> Never {
    print(reason)
    exit(code)
  }
}
