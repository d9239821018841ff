/// A room in the form in which a store keeps it: flat values that fit into table rows.
package struct SavedRoom: Equatable, Sendable {
  /// Facts about the conference as a whole.
  package struct Head: Equatable, Sendable {
    package var conference: ConferenceSID
    package var friendlyName: String?
    /// Whether `conference.ended` was emitted, which is final.
    package var isOver = false
    package var lastScanStart: Timestamp?
    package var lastScanEnd: Timestamp?
    package var lastEventAt: Timestamp?
    /// The last time at which the conference itself was known to be running.
    package var lastSeenAt: Timestamp?
    /// Whether statuses tell who is in the room.
    package var hasLiveStatuses = false

    package init(conference: ConferenceSID) { self.conference = conference }
  }

  /// A participant in the room; their tracked state is in the record.
  package struct Person: Equatable, Sendable {
    package var callSID: CallSID
    /// Seconds since 1970.
    package var dateCreated: Int64?
    package var dateUpdated: Int64?
    /// The times of the events that began each state.
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

  /// A row or absence that is not trusted yet, or the time at which a participant's state was last seen.
  package struct Doubt: Equatable, Sendable {
    package enum Kind: String, Sendable {
      case absent
      /// In the room despite the status `completed`, which carried no meaning when they joined.
      case accepted
      case stale
      case returning
      case lastSeen = "shown"
      /// Listed, but not in the room yet.
      case awaited
    }

    package var kind: Kind
    package var callSID: CallSID
    /// The number of consecutive scans; 0 for ``Kind/accepted``, ``Kind/lastSeen`` and ``Kind/awaited``.
    package var scans: Int
    package var since: Timestamp
    package var lastSeen: Timestamp?
    /// The doubtful row, if there is one.
    package var record: [UInt8]?

    package init(_ kind: Kind, _ callSID: CallSID, scans: Int, since: Timestamp) {
      self.kind = kind
      self.callSID = callSID
      self.scans = scans
      self.since = since
    }
  }

  /// What identifies a stay.
  package struct StayID: Hashable, Comparable, Sendable {
    /// The call sid as it appears in events.
    package var callSID: CallSID
    /// Seconds since 1970; nil if the provider gives no valid date.
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

  /// The saved result of looking up a participant's call.
  package struct Call: Equatable, Sendable {
    package var callSID: CallSID
    /// The details; nil if the provider does not know the call, and then it is not asked again.
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
  /// The answered look-ups of the participants' calls.
  package var calls: [Call] = []
  package var raisedAlerts: [RaisedAlert] = []

  package init(head: Head) { self.head = head }
}

/// The changes that turn a saved room into the current one.
package struct RoomChanges: Equatable, Sendable {
  package var head: SavedRoom.Head
  /// New and changed participants.
  package var people: [SavedRoom.Person] = []
  package var gone: [CallSID] = []
  /// All doubts, replacing the saved ones; there are few.
  package var doubts: [SavedRoom.Doubt] = []
  /// Newly ended stays.
  package var endedStays: [SavedRoom.EndedStay] = []
  /// Saved stays to delete.
  package var forgottenStays: [SavedRoom.StayID] = []
  /// Newly answered look-ups of calls in the room.
  package var calls: [SavedRoom.Call] = []
  /// Newly raised alerts.
  package var raisedAlerts: [SavedRoom.RaisedAlert] = []
  /// Saved alerts that have been resolved.
  package var resolvedAlerts: [Alert] = []

  package init(head: SavedRoom.Head) { self.head = head }
}
