import FuzzOracles
import RollcallCore

/// The conditions of `--alert`.
enum AlertsFuzz {
  private static let subjects = ["hold", "muted", "coaching", "alone", "empty", "people"]

  static func check(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let condition = try? AlertCondition(text)
    require(
      (condition != nil) == isCondition(parts), "\(text.debugDescription) is \(condition == nil ? "none" : "one")")
    guard let condition else { return }
    require(condition.name == text, "\(text.debugDescription) is called \(condition.name.debugDescription)")
    require(AlertCondition.durations.contains(condition.duration), "it lasts \(condition.duration)")
    require(condition.subject.rawValue == parts[0], "it is about \(condition.subject)")
    require(AlertCondition.subject(ofAlert: condition.name) == condition.subject, "its alert is about something else")
    require((condition.count > 0) == (condition.subject == .people), "it counts to \(condition.count)")
    // The same duration in another unit means the same.
    let other = "\(parts.dropLast().joined(separator: ":")):\(DurationText.format(condition.duration))"
    require((try? AlertCondition(other))?.means(condition) == true, "\(text.debugDescription) and \(other) differ")
  }

  private static func isCondition(_ parts: [String]) -> Bool {
    guard subjects.contains(parts[0]), parts.count == (parts[0] == "people" ? 3 : 2) else { return false }
    if parts.count == 3 {
      guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), parts[1].utf8.count <= 5,
        let count = Int(parts[1]), (1...20_000).contains(count)
      else { return false }
    }
    guard let last = parts.last, let duration = DurationText.parse(last) else { return false }
    return duration >= .seconds(1) && duration <= .seconds(86_400)
  }
}
