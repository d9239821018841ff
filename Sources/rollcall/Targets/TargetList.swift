import RollcallCore
import RollcallKit

/// The webhooks of a run, each of them there once.
struct TargetList: Sendable {
  private(set) var targets: [TargetSettings] = []
  /// To be logged once each.
  private(set) var warnings: [String] = []

  mutating func note(_ warning: String?) {
    if let warning { warnings.append(warning) }
  }

  /// Takes one more webhook.
  ///
  /// - Throws: ``UsageError`` where its URL or its name is there already.
  mutating func append(_ target: TargetSettings) throws(UsageError) {
    if let other = targets.first(where: { $0.url == target.url }) {
      guard let place = target.place else {
        throw UsageError("one webhook is given twice", right: "give each URL once")
      }
      throw .invalidSecret(
        .target(TargetPlace(place.target, key: "url")), "is that of \(other.place?.label ?? "another webhook") as well",
        right: "give each URL once")
    }
    // The names made of URLs differ; that of another would have to be given on purpose.
    guard !targets.contains(where: { $0.storeName == target.storeName }) else {
      let key = TargetPlace(target.place?.target ?? "a webhook", key: "name")
      throw .invalidSecret(.target(key), "is that of another target as well", right: "give each a name of its own")
    }
    targets.append(target)
  }
}

extension TargetSettings {
  /// How the store knows it.
  fileprivate var storeName: String { name ?? WebhookTarget.name(of: url.url) }
}
