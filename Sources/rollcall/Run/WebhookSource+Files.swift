import RollcallKit

extension WebhookSource {
  /// Webhooks that files describe. Where these are wrong when they are read again, that is logged, and all stay as they are.
  init(
    _ targets: [WebhookTarget], log: StandardError, read: @escaping @Sendable () throws(UsageError) -> [WebhookTarget]
  ) {
    self.init(targets) {
      do throws(UsageError) {
        return try read()
      } catch {
        log.log(.warning, "webhooks stay as they were, since they cannot be read again: \(error.message)")
        return nil
      }
    }
  }
}
