/// A room as a store keeps it: flat pieces that fit into rows.
package struct SavedRoom: Equatable, Sendable {
  /// What is known of the conference as a whole.
  package struct Head: Equatable, Sendable {
    package var conference: ConferenceSID
    package var friendlyName: String?
    /// Whether its `conference.ended` has been told; it never comes back then.
    package var isOver = false
    package var lastScanStart: Timestamp?
    package var lastScanEnd: Timestamp?
    package var lastEventAt: Timestamp?
    /// The last moment at which the conference itself was known to run.
    package var shownAt: Timestamp?
    /// Whether statuses say who is in the room.
    package var hasLiveStatuses = false

    package init(conference: ConferenceSID) { self.conference = conference }
  }

  /// Somebody in the room. What they do is in the record.
  package struct Person: Equatable, Sendable {
    package var callSID: CallSID
    /// Seconds since 1970.
    package var dateCreated: Int64?
    package var dateUpdated: Int64?
    /// When the events that began each state were written.
    package var joinedAt: Timestamp?
    package var mutedAt: Timestamp?
    package var heldAt: Timestamp?
    package var coachingAt: Timestamp?
    package var record: [UInt8]

    package init(callSID: CallSID, record: [UInt8]) {
      self.callSID = callSID
      self.record = record
    }
  }

  /// Something that is not believed yet, or the last time at which somebody's held state was shown.
  package struct Doubt: Equatable, Sendable {
    package enum Kind: String, Sendable {
      case absent
      /// In the room although their row said `completed` when that meant nothing.
      case accepted
      case stale
      case returning
      case shown
      /// Not in the room yet.
      case awaited
    }

    package var kind: Kind
    package var callSID: CallSID
    /// Scans in a row; 0 for ``Kind/accepted``, ``Kind/shown`` and ``Kind/awaited``.
    package var scans: Int
    package var since: Timestamp
    package var lastSeen: Timestamp?
    /// The row that is in doubt; nil where there is none.
    package var record: [UInt8]?

    package init(_ kind: Kind, _ callSID: CallSID, scans: Int, since: Timestamp) {
      self.kind = kind
      self.callSID = callSID
      self.scans = scans
      self.since = since
    }
  }

  /// What tells stays apart.
  package struct StayID: Hashable, Comparable, Sendable {
    /// By the name that events have for the call.
    package var callSID: CallSID
    /// Seconds since 1970; nil where the provider gives no date that can be read.
    package var dateCreated: Int64?

    package init(callSID: CallSID, dateCreated: Int64?) {
      self.callSID = callSID
      self.dateCreated = dateCreated
    }

    package static func < (left: StayID, right: StayID) -> Bool {
      (left.callSID, left.dateCreated ?? .min) < (right.callSID, right.dateCreated ?? .min)
    }
  }

  /// A stay that has ended.
  package struct EndedStay: Equatable, Sendable {
    package var id: StayID
    package var endedAt: Timestamp

    package init(_ id: StayID, endedAt: Timestamp) {
      self.id = id
      self.endedAt = endedAt
    }
  }

  /// An alert that is raised and not resolved.
  package struct RaisedAlert: Equatable, Sendable {
    package var alert: Alert
    /// The first time at which its state was seen.
    package var since: Timestamp

    package init(_ alert: Alert, since: Timestamp) {
      self.alert = alert
      self.since = since
    }
  }

  /// What the question for somebody's call came to.
  package struct Call: Equatable, Sendable {
    package var callSID: CallSID
    /// nil where the provider knows nothing of it, and is not asked again.
    package var details: CallDetails?

    package init(callSID: CallSID, details: CallDetails?) {
      self.callSID = callSID
      self.details = details
    }
  }

  package var head: Head
  package var people: [Person] = []
  package var doubts: [Doubt] = []
  package var endedStays: [EndedStay] = []
  /// Of those people whose calls were asked for, with an answer.
  package var calls: [Call] = []
  package var raisedAlerts: [RaisedAlert] = []

  package init(head: Head) { self.head = head }
}

/// How a saved room has to change to be the room of now.
package struct RoomChanges: Equatable, Sendable {
  package var head: SavedRoom.Head
  /// New ones, and those of whom anything is different.
  package var people: [SavedRoom.Person] = []
  package var gone: [CallSID] = []
  /// All of them: they are few.
  package var doubts: [SavedRoom.Doubt] = []
  /// New ones.
  package var endedStays: [SavedRoom.EndedStay] = []
  /// Earlier ones that are of no interest any longer.
  package var forgottenStays: [SavedRoom.StayID] = []
  /// Of people in the room, new ones.
  package var calls: [SavedRoom.Call] = []
  /// New ones.
  package var raisedAlerts: [SavedRoom.RaisedAlert] = []
  /// Earlier ones.
  package var resolvedAlerts: [Alert] = []

  package init(head: SavedRoom.Head) { self.head = head }
}
