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
      (condition != nil) == isCondition(parts),
      "\(text.debugDescription) was \(condition == nil ? "rejected" : "accepted")")
    guard let condition else { return }
    require(
      condition.name == text, "expected the name \(text.debugDescription), got \(condition.name.debugDescription)")
    require(
      AlertCondition.durations.contains(condition.duration), "the duration \(condition.duration) is out of bounds")
    require(condition.subject.rawValue == parts[0], "expected the subject \(parts[0]), got \(condition.subject)")
    require(
      AlertCondition.subject(ofAlert: condition.name) == condition.subject,
      "the subject of its alert is not \(condition.subject)")
    require(
      (condition.count > 0) == (condition.subject == .people),
      "invalid count \(condition.count) for \(condition.subject)")
    // The same duration in another unit means the same.
    let other = "\(parts.dropLast().joined(separator: ":")):\(DurationText.format(condition.duration))"
    require(
      (try? AlertCondition(other))?.means(condition) == true,
      "\(other) does not mean the same as \(text.debugDescription)")
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
