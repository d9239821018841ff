import RollcallCore
import Testing

struct DurationTextTests {
  @Test(arguments: [
    ("500ms", Duration.milliseconds(500)), ("2s", .seconds(2)), ("5m", .seconds(300)), ("1h", .seconds(3600)),
    ("0s", .zero), ("90s", .seconds(90)), ("1d", .seconds(86_400)), ("1500ms", .milliseconds(1500)),
    ("999999999h", .seconds(3_599_999_996_400)),
    ("999999999d", .seconds(86_399_999_913_600)),
  ])
  func `a duration is parsed`(text: String, duration: Duration) {
    #expect(DurationText.parse(text) == duration)
  }

  @Test(arguments: [
    "", "5", "s", "-1s", "+1s", "1.5s", "1 s", "1w", "1ds", "1S", "1sm", "1mss", "1h30m", "1000000000s", "٣s", " 1s",
    "1s ",
  ])
  func `text that is not a duration is rejected`(text: String) {
    #expect(DurationText.parse(text) == nil)
  }

  @Test(arguments: ["0s", "1ms", "999ms", "1s", "59s", "90s", "1m", "61m", "1h", "720h", "1001ms"])
  func `a duration is formatted in its largest whole unit`(text: String) throws {
    #expect(DurationText.format(try #require(DurationText.parse(text))) == text)
  }
}
