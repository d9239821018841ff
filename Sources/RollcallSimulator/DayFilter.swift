import RollcallServer

/// A filter of conferences by day: `DateCreated=2026-01-05` that day, `DateCreated<=` not later, `DateCreated>=` not earlier.
struct DayFilter {
  /// What the day is of.
  enum Subject: String, CaseIterable {
    case created = "DateCreated"
    case updated = "DateUpdated"
  }

  /// The last letter of the field's name; the equals sign behind it is that of the form.
  enum Comparison: String, CaseIterable {
    case same = ""
    case notLater = "<"
    case notEarlier = ">"
  }

  let subject: Subject
  let comparison: Comparison
  /// `2026-01-05`.
  let day: String

  var name: String { subject.rawValue + comparison.rawValue }

  /// All that a query asks for.
  static func all(in fields: FormFields) throws(APIError) -> [DayFilter] {
    var filters: [DayFilter] = []
    for subject in Subject.allCases {
      for comparison in Comparison.allCases {
        guard let day = fields[subject.rawValue + comparison.rawValue] else { continue }
        guard isDay(day) else { throw .invalid(subject.rawValue) }
        filters.append(DayFilter(subject: subject, comparison: comparison, day: day))
      }
    }
    return filters
  }

  func admits(created: String, updated: String) -> Bool {
    let date = subject == .created ? created : updated
    return switch comparison {
    case .same: date == day
    case .notLater: date <= day
    case .notEarlier: date >= day
    }
  }

  /// Days of this form sort as text.
  private static func isDay(_ text: String) -> Bool {
    text.utf8.count == 10
      && text.utf8.enumerated().allSatisfy { index, byte in
        index == 4 || index == 7 ? byte == UInt8(ascii: "-") : (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      }
  }
}
