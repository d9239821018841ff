import RollcallCore

/// The report as one line of JSON with all conferences.
struct ReportJSON {
  let names: ShownNames

  func line(_ histories: [ConferenceHistory]) -> [UInt8] {
    JSONObject.of { $0.add("conferences", histories.map(conference)) } + [0x0A]
  }

  private func conference(_ history: ConferenceHistory) -> [UInt8] {
    let alerts = history.alertsByCall
    return JSONObject.of {
      $0.add("conference_sid", text: history.conference.text)
      $0.add("friendly_name", text: history.friendlyName)
      $0.add("name", text: names.given(to: history.conference.text))
      $0.add("from", text: history.start.rfc3339)
      $0.add("to", text: history.end.rfc3339)
      $0.add("length_ms", history.milliseconds)
      $0.add("ended", history.hasEnded)
      $0.add("interval_ms", history.interval?.wholeMilliseconds)
      $0.add("people", Int64(history.people.count + history.unselected))
      $0.add("missing", Int64(history.missing))
      $0.add("peak", Int64(history.peak))
      $0.add("average", number: Thousandths.text(history.average))
      $0.add("interrupted_ms", history.interruptedMilliseconds)
      $0.add("interruptions", history.interruptions.map(Self.interruption))
      $0.add("alerts", history.alertCounts.map(Self.alert))
      $0.add("participants", history.people.map { person($0, alerts: alerts[$0.call] ?? 0) })
    }
  }

  private static func interruption(_ interruption: Interruption) -> [UInt8] {
    JSONObject.of {
      $0.add("from", text: interruption.start.rfc3339)
      $0.add("to", text: interruption.end.rfc3339)
      $0.add("ms", interruption.milliseconds)
      $0.add("reason", text: interruption.reason ?? "not_running")
      $0.add("open", interruption.isOpen)
    }
  }

  private static func alert(_ name: String, _ count: Int) -> [UInt8] {
    JSONObject.of {
      $0.add("alert", text: name)
      $0.add("raised", Int64(count))
    }
  }

  private func person(_ person: PersonHistory, alerts: Int) -> [UInt8] {
    JSONObject.of {
      $0.add("call_sid", text: person.call.text)
      $0.add("label", text: person.label)
      $0.add("address", text: person.address)
      $0.add("name", text: names.given(toCall: person.call.text, at: person.address))
      $0.add("first", text: person.first?.rfc3339)
      $0.add("last", text: person.last?.rfc3339)
      $0.add("joined", Int64(person.joins))
      for kind in HistorySpan.Kind.allCases {
        $0.add("\(kind.rawValue)_ms", person.milliseconds(kind))
        $0.add("\(kind.rawValue)_open", person.isOpen(kind))
      }
      $0.add("alerts", Int64(alerts))
    }
  }
}

/// Formats numbers with three decimals, independent of the locale.
enum Thousandths {
  /// Returns a text such as `3.250`; 0 for a number that is not finite, or too large for an `Int64` of thousandths.
  static func text(_ number: Double) -> String {
    let scaled = (number * 1000).rounded()
    guard let thousandths = Int64(exactly: scaled) else { return "0.000" }
    let (whole, rest) = thousandths.magnitude.quotientAndRemainder(dividingBy: 1000)
    let decimals = String(repeating: "0", count: 3 - String(rest).count) + String(rest)
    return "\(thousandths < 0 ? "-" : "")\(whole).\(decimals)"
  }
}
