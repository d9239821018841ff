@testable import RollcallCore

/// Writes rows in the provider's format and order of keys.
struct RowWriter: Sendable {
  /// The beginning of the simulation: 2026-11-23, a Monday.
  static let epoch: Int64 = 1_795_392_000
  static let account = "P"
  private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  let conference: String
  /// Whether some dates are missing or invalid.
  let hasPoorDates: Bool

  func row(_ call: String, _ state: TrueState, created: Int64, updated: Int64) -> [UInt8] {
    var row: [UInt8] = []
    row.reserveCapacity(480)
    row.add(#"{"account_sid":""#, Self.account, #"","call_sid":""#, call)
    row.add(#"","call_sid_to_coach":"#)
    row.addText(state.target)
    row.add(#","coaching":"#, state.coaching ? "true" : "false", #","conference_sid":""#, conference)
    row.add(#"","date_created":"#)
    addDate(created, to: &row)
    row.add(#","date_updated":"#)
    addDate(updated, to: &row)
    row.add(#","end_conference_on_exit":"#, state.endsOnExit ? "true" : "false")
    row.add(#","hold":"#, state.hold ? "true" : "false", #","muted":"#, state.muted ? "true" : "false")
    row.add(#","start_conference_on_enter":"#, state.startsOnEnter ? "true" : "false", #","status":""#, state.status)
    row.add(#"","label":"#)
    row.addText(state.label)
    row.add(#","uri":"/"#, call, #".json"}"#)
    return row
  }

  private func addDate(_ seconds: Int64, to row: inout [UInt8]) {
    if hasPoorDates {
      switch seconds % 5 {
      case 0: return row.add("null")
      case 1: return row.add(#""soon""#)
      default: break
      }
    }
    row.add("\"")
    Self.append(seconds, to: &row)
    row.add("\"")
  }

  /// Returns whether a row shows this date.
  func isReadable(_ seconds: Int64) -> Bool { !hasPoorDates || seconds % 5 > 1 }

  /// Appends a date in RFC 2822 format.
  static func append(_ seconds: Int64, to bytes: inout [UInt8]) {
    let days = seconds / 86_400
    let date = CivilDate(clampingDays: days)
    bytes.add(weekdays[Int((days + 3) % 7)], ", ")
    bytes.addTwo(date.day)
    bytes.add(" ", months[date.month - 1], " ")
    bytes.addTwo(date.year / 100)
    bytes.addTwo(date.year % 100)
    bytes.add(" ")
    bytes.addTwo(Int(seconds / 3600 % 24))
    bytes.add(":")
    bytes.addTwo(Int(seconds / 60 % 60))
    bytes.add(":")
    bytes.addTwo(Int(seconds % 60))
    bytes.add(" +0000")
  }
}

extension [UInt8] {
  mutating func add(_ texts: String...) {
    for text in texts { append(contentsOf: text.utf8) }
  }

  /// Appends two digits.
  fileprivate mutating func addTwo(_ number: Int) {
    append(UInt8(48 + number / 10))
    append(UInt8(48 + number % 10))
  }

  /// Appends a JSON string, or null.
  fileprivate mutating func addText(_ text: String?) { JSONText.append(text, to: &self) }
}
