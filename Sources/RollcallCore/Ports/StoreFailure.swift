/// Why a store did not do what it was asked. Nothing that was asked has been done then.
package struct StoreFailure: Error, Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    /// There is no room on the disk; asked again later it may do it.
    case full
    /// Another program holds a lock on the file; asked again later the store may do it.
    case busy
    /// What is stored is not what a store writes.
    case damaged
    /// The file was written by a later version.
    case newer
    /// The file belongs to another origin or account.
    case foreign
    /// The events in the file redact something else, or with another key.
    case otherRedaction
    /// Another process has the file.
    case held
    /// The path of the open file no longer leads to it.
    case displaced
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

  /// What a conference's outage is put down to where its commit waits for the store; nil where waiting is of no use.
  package var outage: OutageReason? {
    switch kind {
    case .full: .diskFull
    case .busy: .stateBusy
    case .damaged, .newer, .foreign, .otherRedaction, .held, .displaced, .cannotOpen, .inputOutput: nil
    }
  }
}
