/// What is wrong with a simulated space. Each is also the name of a built-in scenario.
///
/// Whether one strikes depends on the seed and on the count of requests only. Requests that change something are spared.
package enum Fault: String, CaseIterable, Sendable {
  /// Every third reply is 429: without `Retry-After`, with seconds, with an HTTP date.
  case throttled
  /// Half of the replies are 500, 502, 503, a reset, an HTML page with status 200 or 404, or JSON that breaks off.
  case flaky
  /// Replies take up to 2.4 s or drip; one of 32 takes 20 s.
  case slow
  /// Pages of at most three rows by offset, so that rows are skipped or come twice while people come and go.
  case torn
  /// Every third list is one that was true some requests ago.
  case stale
  /// Every page is full and has the same next link.
  case loop
  /// The month of September is written `Sept`, and it is September.
  case sept
  /// `""` stands where `null` should.
  case emptyStrings = "empty-strings"
  /// Who has left stays in the list as `completed` for three seconds.
  case finishedRows = "finished-rows"
  /// Every row says `completed`, also of people who are there.
  case allCompleted = "all-completed"
  /// The participant list of a finished conference is 404 (else it is empty).
  case endsNotFound = "ends-404"
  /// The participant list of a finished conference is empty, and the conference soon ends.
  case endsEmpty = "ends-empty"
  /// The provider knows nobody's call.
  case callsNotFound = "calls-404"
  /// Nobody's call can be had.
  case callsFail = "calls-500"
  /// Replies about calls take three seconds.
  case callsSlow = "calls-slow"

  /// Those that are a matter of how rows are written and kept, not of how requests are answered.
  static let ofData: Set<Fault> = [.sept, .emptyStrings, .finishedRows, .allCompleted, .endsNotFound, .endsEmpty]
}
