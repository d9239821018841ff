/// A state that raises an alert once it has lasted for a while, such as being on hold for two minutes.
///
/// Fractions of a millisecond of its duration are dropped. A watch throws `WatchFailure.invalid` for a duration
/// outside ``durations`` or a number outside ``counts``.
public struct AlertCondition: Hashable, Sendable {
  /// What a condition is about, by the word that it begins with.
  package enum Subject: String, CaseIterable, Sendable {
    /// A participant is on hold.
    case hold
    /// A participant is muted.
    case muted
    /// A participant is coaching.
    case coaching
    /// Exactly one participant is in the room.
    case alone
    /// Nobody is in the room of a conference in progress.
    case empty
    /// More than a number of participants are in the room.
    case people
  }

  /// Why a text is not a valid condition.
  package enum Flaw: Error, Hashable, Sendable {
    /// The text begins with an unknown word.
    case unknownSubject(String)
    /// Something is missing after the subject.
    case incomplete(Subject)
    /// Something follows the duration.
    case surplus(Subject)
    case invalidCount(String)
    /// The duration is invalid, or outside ``AlertCondition/durations``.
    case invalidDuration(Subject)
  }

  /// The bounds of a condition's duration.
  public static let durations: ClosedRange<Duration> = .seconds(1)...(.seconds(24 * 3600))
  /// The bounds of the number of participants in ``people(moreThan:for:)``.
  public static let counts = 1...20_000
  /// The maximum number of conditions of one run.
  package static let maximumCount = 16

  private static let maximumCountDigits = 5

  package let subject: Subject
  /// The number of participants that ``Subject/people`` allows; 0 for every other subject.
  package let count: Int
  /// How long the state lasts before the alert is raised.
  package let duration: Duration
  /// The condition in short, such as `hold:2m` or `people:10:1m`.
  ///
  /// Events name their alert by it, and a stream that continues finds its raised alerts by it: `hold:120s`, given to the
  /// command, is another alert than `hold:2m`.
  public let name: String

  /// A participant is on hold.
  ///
  /// - Parameter duration: how long; within ``durations``.
  public static func hold(for duration: Duration) -> AlertCondition { AlertCondition(.hold, for: duration) }

  /// A participant is muted.
  ///
  /// - Parameter duration: how long; within ``durations``.
  public static func muted(for duration: Duration) -> AlertCondition { AlertCondition(.muted, for: duration) }

  /// A participant is coaching.
  ///
  /// - Parameter duration: how long; within ``durations``.
  public static func coaching(for duration: Duration) -> AlertCondition { AlertCondition(.coaching, for: duration) }

  /// Exactly one participant is in the room.
  ///
  /// - Parameter duration: how long; within ``durations``.
  public static func alone(for duration: Duration) -> AlertCondition { AlertCondition(.alone, for: duration) }

  /// Nobody is in the room of a conference in progress.
  ///
  /// - Parameter duration: how long; within ``durations``.
  public static func empty(for duration: Duration) -> AlertCondition { AlertCondition(.empty, for: duration) }

  /// More participants than a number are in the room.
  ///
  /// - Parameters:
  ///   - count: the number; within ``counts``.
  ///   - duration: how long; within ``durations``.
  public static func people(moreThan count: Int, for duration: Duration) -> AlertCondition {
    AlertCondition(.people, count, for: duration)
  }

  /// Makes a condition whose values may be out of their bounds.
  private init(_ subject: Subject, _ count: Int = 0, for duration: Duration) {
    (self.subject, self.count, self.duration) = (subject, count, .milliseconds(duration.wholeMilliseconds))
    let length = DurationText.format(duration)
    name = subject == .people ? "\(subject.rawValue):\(count):\(length)" : "\(subject.rawValue):\(length)"
  }

  /// Reads a condition: `hold:D`, `muted:D`, `coaching:D`, `alone:D`, `empty:D` or `people:N:D`.
  package init(_ text: String) throws(Flaw) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard let subject = Subject(rawValue: parts[0]) else { throw .unknownSubject(parts[0]) }
    let length = subject == .people ? 3 : 2
    if parts.count < length { throw .incomplete(subject) }
    if parts.count > length { throw .surplus(subject) }
    count = subject == .people ? try Self.count(parts[1]) : 0
    guard let duration = DurationText.parse(parts[length - 1]), Self.durations.contains(duration) else {
      throw .invalidDuration(subject)
    }
    (self.subject, self.duration, name) = (subject, duration, text)
  }

  private static func count(_ text: String) throws(Flaw) -> Int {
    var scanner = ByteScanner(ArraySlice(text.utf8))
    guard let count = scanner.number(digits: 1...maximumCountDigits), scanner.isAtEnd, counts.contains(count) else {
      throw .invalidCount(text)
    }
    return count
  }

  /// Whether duration and number are within their bounds.
  package var isValid: Bool {
    Self.durations.contains(duration) && (subject != .people || Self.counts.contains(count))
  }

  /// Returns whether both conditions raise their alerts at the same moments, however their durations are written.
  package func means(_ other: AlertCondition) -> Bool {
    subject == other.subject && count == other.count && duration == other.duration
  }

  /// Returns the subject of an alert by its name; nil for a subject of a later version.
  package static func subject(ofAlert name: String) -> Subject? {
    name.firstIndex(of: ":").flatMap { Subject(rawValue: String(name[..<$0])) }
  }

  /// Returns the participant's field that an alert is about; nil for an alert about the conference.
  package static func field(ofAlert name: String) -> TrackedField? { subject(ofAlert: name)?.field }
}

extension AlertCondition.Subject {
  /// The participant's field that conditions of this subject are about; nil for conditions about the conference.
  var field: TrackedField? {
    switch self {
    case .hold: .hold
    case .muted: .muted
    case .coaching: .coaching
    case .alone, .empty, .people: nil
    }
  }
}

/// Identifies an alert: its name, and the participant it is about.
package struct Alert: Hashable, Comparable, Sendable {
  /// The condition as given.
  package let name: String
  /// The participant's call; nil for an alert about the conference.
  package let call: CallSID?

  package init(_ name: String, of call: CallSID? = nil) {
    (self.name, self.call) = (name, call)
  }

  package static func < (left: Alert, right: Alert) -> Bool {
    (left.name, left.call?.text ?? "") < (right.name, right.call?.text ?? "")
  }
}
