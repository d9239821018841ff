package import RollcallCore

/// One conference as the provider lists it.
package struct ListedConference: Sendable, Equatable {
  package let sid: ConferenceSID
  /// Empty where the provider has none.
  package let friendlyName: String
  /// `init`, `in-progress`, `completed`, or what else the provider says; empty where it says nothing.
  package let status: String

  package init(sid: ConferenceSID, friendlyName: String, status: String) {
    self.sid = sid
    self.friendlyName = friendlyName
    self.status = status
  }

  /// - Returns: nil where the value is no object with a valid sid.
  init?(_ value: JSONValue) {
    guard let sid = value["sid"]?.asText.flatMap(ConferenceSID.init) else { return nil }
    self.init(
      sid: sid, friendlyName: value["friendly_name"]?.asText ?? "", status: value["status"]?.asText ?? "")
  }
}
