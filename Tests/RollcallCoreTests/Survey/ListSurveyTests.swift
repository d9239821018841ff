import RollcallTestKit
import Testing

@testable import RollcallCore

@Suite struct `A survey of lists` {
  private static let start = Timestamp(milliseconds: 1_800_000_000_000)

  private struct Sheet {
    var people: [FakePerson]
    var pageSize: String?
    var next: String?

    func page() throws -> Page {
      let conference = try #require(ConferenceSID("c"))
      let size = pageSize.map { "\"page_size\":\($0)," } ?? ""
      let rows = people.map { $0.row(conference: "c") }.joined(separator: ",")
      var reader = PageReader()
      return try reader.read(PaddedBytes(Array("{\(size)\"participants\":[\(rows)]}".utf8)), conference: conference)
    }
  }

  private static func people(_ names: some Sequence<Int>) -> [FakePerson] { names.map { FakePerson("p\($0)") } }

  /// Returns a complete scan; each page whose bytes equal the survey's counts as unchanged.
  private static func scan(
    _ sheets: [Sheet], of survey: ListSurvey, restarting: Bool = false, at time: Timestamp = start
  ) throws -> Scan {
    var scan = Scan(start: time)
    if restarting {
      _ = try scan.take(PageReply(.page(try sheets[0].page(), nil), next: "PageToken=lost"), comparedWith: nil)
      let hasRestarted = scan.restart()
      #expect(hasRestarted)
    }
    for (ordinal, sheet) in sheets.enumerated() {
      let (page, old) = (try sheet.page(), survey.page(at: ordinal))
      let isUnchanged = old?.bytes.storage == page.bytes.storage
      _ = try scan.take(PageReply(isUnchanged ? .unchanged : .page(page, nil), next: sheet.next), comparedWith: old)
    }
    return scan
  }

  private static func survey(_ sheets: [Sheet]) throws -> PageSizeSurvey {
    var survey = ListSurvey()
    survey.take(try scan(sheets, of: survey))
    return survey.pageSize
  }

  @Test func `counts a page as full only if the next one has a new participant`() throws {
    let first = Sheet(people: Self.people(1...1), pageSize: "50", next: "PageToken=PA1")
    let needless = try Self.survey([first, Sheet(people: [], pageSize: "50")])
    #expect(needless.largestFollowed == nil && needless.given == 50 && needless.isHonoured(asked: 50) == true)
    #expect(try Self.survey([first, first]).largestFollowed == nil)
    let followed = try Self.survey([first, Sheet(people: Self.people(1...2), pageSize: "50")])
    #expect(followed.largestFollowed == 1 && followed.given == 1 && followed.isHonoured(asked: 50) == false)
  }

  @Test(arguments: [
    ("9223372036854775807", Int.max, true), ("5000", 5000, true), ("1000", 1000, true), ("50", 50, false),
    ("0", nil, nil), ("-1", nil, nil),
  ])
  func `takes any number as a page size`(said: String, given: Int?, isHonoured: Bool?) throws {
    let size = try Self.survey([Sheet(people: Self.people(1...2), pageSize: said)])
    #expect(size.given == given && size.isHonoured(asked: 1000) == isHonoured)
  }

  @Test func `trusts the number of rows more than the page size`() throws {
    #expect(try Self.survey([Sheet(people: Self.people(1...3), pageSize: "2")]).isHonoured(asked: 3) == true)
  }

  @Test func `recognises an unchanged list although its scan was restarted`() throws {
    var survey = ListSurvey()
    let sheets = [Sheet(people: Self.people(1...1), next: "PageToken=PA1"), Sheet(people: Self.people(2...2))]
    survey.take(try Self.scan(sheets, of: survey))
    survey.take(try Self.scan(sheets, of: survey, restarting: true))
    #expect(survey.lists == 2 && survey.changed == 0)
    survey.take(try Self.scan([sheets[0]] + [Sheet(people: Self.people(3...3))], of: survey, restarting: true))
    #expect(survey.changed == 1)
  }

  @Test(
    arguments: [
      ([[1, 2]], .callSID), ([[2, 1]], .callSIDDescending), ([[1, 2], [1, 2, 3]], .callSID), ([[1, 2], [2, 1]], nil),
      ([[1, 3, 2]], nil), ([[1]], nil),
    ] as [([[Int]], OrderSurvey.Order?)])
  func `has an order that no list contradicts`(lists: [[Int]], order: OrderSurvey.Order?) throws {
    var survey = ListSurvey()
    for list in lists { survey.take(try Self.scan([Sheet(people: Self.people(list))], of: survey)) }
    #expect(survey.order.order == order)
  }

  @Test func `names only statuses that are words`() throws {
    var survey = ListSurvey()
    let people = ["in-progress", "on_hold", "+12025550101", "call7", "Ana Lee", String(repeating: "a", count: 25), nil]
      .enumerated().map { index, status in
        var person = FakePerson("p\(index)")
        person.status = status
        return person
      }
    survey.take(try Self.scan([Sheet(people: people)], of: survey))
    #expect(survey.statuses.most == ["in-progress": 1, "on_hold": 1, "(other)": 4, "(none)": 1])
  }

  @Test(arguments: [([(0, false), (1, true)], 0), ([(0, false), (5, false), (6, true)], 1)])
  func `counts a date as still only if it is older than the change`(lists: [(Int, Bool)], still: Int) throws {
    var survey = ListSurvey()
    for (seconds, isHeld) in lists {
      var people = Self.people(1...2)
      people[0].hold = isHeld
      let scan = try Self.scan([Sheet(people: people)], of: survey, at: Self.start + .seconds(seconds))
      survey.take(scan)
    }
    #expect(survey.changed == 1 && survey.dates.still == still && survey.dates.changes == still)
  }

  @Test func `counts lists and participants of which only the date moved`() throws {
    var survey = ListSurvey()
    for updated in [0, 0, 7, 7, 8] {
      let people = Self.people(1...50).map { person in
        var person = person
        person.updated = updated
        return person
      }
      survey.take(try Self.scan([Sheet(people: people)], of: survey))
    }
    #expect(survey.dates.movedAlone == 100 && survey.dates.listsMovedAlone == 2 && survey.dates.moved == 0)
  }
}
