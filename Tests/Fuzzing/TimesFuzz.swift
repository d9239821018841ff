import FuzzOracles
import RollcallCore

/// Times as people write them after `--since` and `--until`.
enum TimesFuzz {
  private static let now = Timestamp(milliseconds: 1_795_428_180_250)

  static func check(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    // Offsets in quarters of an hour from 14 hours west to 14 hours east, and a jump of an hour at a time chosen by the
    // input.
    let offset = (Int64(input.number(below: 113)) - 56) * 900
    let jump = input.flag() ? now.milliseconds / 1000 - Int64(input.number(below: 256)) * 600 : Int64.max
    let zone = LocalZone { seconds in seconds < jump ? offset : offset + 3600 }
    let text = String(decoding: input.remainder(), as: UTF8.self)
    let moment = Moment(now: now, zone: zone)
    guard let found = moment.timestamp(text) else { return }
    // Any time that was read can be written and read again.
    if (0...Timestamp.latestWritable.milliseconds).contains(found.milliseconds) {
      require(moment.timestamp(found.rfc3339) == found, "\(found.rfc3339) was read as another time")
    }
    if let duration = DurationText.parse(text) {
      require(found == now - duration, "\(text) was read as \(found.rfc3339), not as that long ago")
    }
    if let whole = Timestamp(rfc3339: text) { require(found == whole, "\(text) was read as \(found.rfc3339)") }
    if text == "today" || text == "yesterday" { checkDay(text, found, zone) }
  }

  /// Checks that a day begins at local midnight, or at the first moment after it if clocks skip midnight.
  private static func checkDay(_ text: String, _ found: Timestamp, _ zone: LocalZone) {
    let age = (now - found) / .seconds(1)
    let hours = age / 3600
    require(
      text == "today" ? (-1.0...25.1).contains(hours) : (22.9...49.1).contains(hours), "\(text) begins \(hours) h ago")
    let clock = (found.milliseconds / 1000 + zone.offset(found.milliseconds / 1000)) % 86_400
    require(clock == 0 || clock == 3600, "\(text) begins \(clock) s after midnight")
  }
}
