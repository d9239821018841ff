/// Why a store did not do what it was asked. Nothing that was asked has been done then.
package struct StoreFailure: Error, Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    /// There is no room on the disk; asked again later it may do it.
    case full
    /// What is stored is not what a store writes.
    case damaged
    /// The file was written by a later version.
    case newer
    /// The file belongs to another origin or account.
    case foreign
    /// Another process has the file.
    case held
    /// The file cannot be made or opened.
    case cannotOpen
    /// Reading or writing failed.
    case inputOutput
  }

  package var kind: Kind
  /// One line for people, without the path.
  package var reason: String

  package init(_ kind: Kind, _ reason: String) {
    self.kind = kind
    self.reason = reason
  }
}
