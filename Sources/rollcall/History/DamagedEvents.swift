import RollcallCore

/// The events of a state file that are no longer what was stored. A command that reads the file leaves them out, says so,
/// and ends with ``ExitStatus/damagedData``.
struct DamagedEvents {
  /// How many are named; more of them say nothing new.
  private static let maximumNamed = 10

  private let file: StatePath
  private let log: StandardError
  private var count = 0

  init(of file: StatePath, _ log: StandardError) {
    self.file = file
    self.log = log
  }

  /// Takes note of an event.
  ///
  /// - Returns: whether it is to be left out.
  mutating func take(_ event: StoredEvent) -> Bool {
    guard event.isDamaged else { return false }
    count += 1
    if count <= Self.maximumNamed {
      let rest = count == Self.maximumNamed ? "; more are not named" : ""
      let name = InputFile.name(file.path)
      log.conclude(.warning, "the state file \(name): event \(event.sequence) is damaged and left out\(rest)")
    }
    return true
  }

  /// What the command ends with where nothing else is wrong.
  var status: ExitStatus { count == 0 ? .done : .damagedData }
}
