package import RollcallCore

/// A filter of events that reads only their lines, as a consumer that receives all events would.
package struct PlainSelection: Sendable {
  package var types: Set<EventType>
  package var calls: Set<String>?
  /// Written as in the lines.
  package var addresses: [String] = []
  package var fields: Set<String>?

  package init(types: Set<EventType>, calls: Set<String>? = nil, fields: Set<String>? = nil) {
    self.types = types
    self.calls = calls
    self.fields = fields
  }

  /// Creates a random filter.
  ///
  /// - Parameters:
  ///   - people: the calls that the filter may name.
  ///   - addresses: the addresses that it may name.
  package init(of people: [String], at addresses: [String] = [], _ random: inout SplitMix64) {
    types = Set(EventType.allCases.filter { _ in !random.happens(onceIn: 4) })
    let fields = TrackedField.allCases.map(\.rawValue)
    if !random.happens(onceIn: 3) { calls = Set(people.filter { _ in random.happens(onceIn: 3) }) }
    if !addresses.isEmpty, random.happens(onceIn: 2) {
      self.addresses = addresses.filter { _ in random.happens(onceIn: 2) }
    }
    if random.happens(onceIn: 2) { self.fields = Set(fields.filter { _ in random.happens(onceIn: 3) }) }
  }

  /// The same filter as the program represents it.
  package var selection: EventFilter {
    EventFilter(
      types: types, calls: calls.map { Set($0.compactMap(CallSID.init)) }, addresses: addresses,
      fields: fields.map { Set($0.compactMap(TrackedField.init)) })
  }

  private func isAtWantedAddress(_ line: JSONValue) -> Bool {
    let call = line["participant"]?["call"]
    let isInbound = call?["direction"]?.asText?.hasPrefix("inbound") == true
    let address = call?[isInbound ? "from" : "to"]?.asText
    return address.map { address in addresses.contains { Self.mean($0).utf8.elementsEqual(Self.mean(address).utf8) } }
      ?? false
  }

  /// Returns an address as its spellings share it: in these tests, spaces and a parameter are all that is left out.
  private static func mean(_ address: String) -> String {
    let plain = String(address.prefix { $0 != ";" })
    return address.hasPrefix("client:") ? address : plain.filter { $0 != " " }.lowercased()
  }

  package func accepts(_ event: StoredEvent) -> Bool {
    guard let line = try? JSONReader.read(event.line),
      let type = line["type"]?.asText.flatMap(EventType.init), types.contains(type)
    else { return false }
    guard let call = line["call_sid"]?.asText else { return true }
    if calls != nil || !addresses.isEmpty {
      let coached = line["call_sid_to_coach"]?.asText
      let named = calls ?? []
      guard named.contains(call) || coached.map(named.contains) == true || isAtWantedAddress(line) else { return false }
    }
    guard let fields else { return true }
    if let alert = line["alert"]?.asText { return fields.contains { alert.hasPrefix("\($0):") } }
    return (line["changes"]?.asObject ?? []).contains { fields.contains($0.key) }
  }
}
