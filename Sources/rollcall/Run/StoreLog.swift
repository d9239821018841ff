import RollcallCore
import RollcallKit

/// Tells people how a run's store is doing.
enum StoreLog {
  static func tell(_ notice: RunStore.Notice, on log: StandardError) {
    switch notice {
    case .waiting(let failure):
      log.log(.warning, "\(text(of: failure)); conferences with changes pause until they can be saved")
    case .storedAgain(let failure): log.log(.notice, "\(end(of: failure)); all changes are saved")
    }
  }

  /// Says what the end of a run could not save.
  ///
  /// - Parameters:
  ///   - losses: commits that were given up.
  ///   - cursors: why the file does not know how far targets are; nil where it does.
  static func tell(_ losses: RunStore.Losses?, cursors: StoreFailure?, on log: StandardError) {
    guard let reason = losses?.reason ?? cursors else { return }
    var (lost, results): ([String], [String]) = ([], [])
    if let losses {
      lost.append(losses.events > 0 ? EventCount.text(losses.events) : "the times of the last scans")
      results.append("the next run goes on from what was saved before")
    }
    if cursors != nil {
      lost.append("delivery progress")
      results.append("some events will be delivered again")
    }
    let list = lost.joined(separator: " and ")
    log.log(.warning, "\(list) not saved: \(text(of: reason)); \(results.joined(separator: ", and "))")
  }

  private static func text(of failure: StoreFailure) -> String {
    switch failure.kind {
    case .full: "there is no room on the disk for the state file"
    case .busy: "another program holds a lock on the state file"
    case .damaged, .newer, .foreign, .held, .cannotOpen, .inputOutput: failure.reason
    }
  }

  private static func end(of failure: StoreFailure) -> String {
    switch failure.kind {
    case .full: "there is room on the disk again"
    case .busy: "the state file is no longer locked"
    case .damaged, .newer, .foreign, .held, .cannotOpen, .inputOutput: "the state file can be written again"
    }
  }
}

extension RunStore {
  /// To be appended to what people are told of undelivered events.
  nonisolated var consolation: String { isDurable ? "; the state file keeps them" : "" }
}
