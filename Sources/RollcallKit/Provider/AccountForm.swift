/// What the ids of accounts look like.
package struct AccountForm: Sendable, Equatable {
  /// Empty where any id will do.
  package let prefix: String
  /// For people, such as `give the account sid, AC…`.
  package let right: String

  package func accepts(_ account: String) -> Bool { account.hasPrefix(prefix) }
}
