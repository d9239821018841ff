/// What a poll has come to, or a look for conferences; and so how the watch of a conference, or of a name, has ended.
package enum PollOutcome: Equatable, Sendable {
  /// A complete scan, reported. It ends a watch for which one scan is enough.
  case complete
  case failed(ScanFailure)
  /// The conference is over, and reported to be; of a name, every conference that was watched.
  case ended
  /// At the start: there is no such conference.
  case unknown
  /// At the start: the conference is over already.
  case over
}
