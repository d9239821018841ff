import RollcallCore
import Testing

struct RFC2822DateTests {
  @Test(arguments: [
    ("Thu, 01 Jan 1970 00:00:00 +0000", 0),
    ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
    ("6 Nov 1994 08:49:37 UT", 784_111_777),
    ("06 Nov 1994 08:49:37 Z", 784_111_777),
    ("Sun, 6 Nov 1994 09:49:37 +0100", 784_111_777),
    ("Sun, 06 Nov 1994 03:19:37 -0530", 784_111_777),
    ("Tue, 01 Sep 2026 18:00:05 +0000", 1_788_285_605),
    ("Tue, 01 Sept 2026 18:00:05 +0000", 1_788_285_605),
    ("1 Sep 2026 18:00 +0000", 1_788_285_600),
    ("tue,  1  sep 2026 18:00:05 gmt", 1_788_285_605),
    ("29 Feb 2024 00:00:00 +0000", 1_709_164_800),
    ("29 Feb 2000 00:00:00 +0000", 951_782_400),
    ("31 Dec 1969 23:59:59 +0000", -1),
  ])
  func `a date is parsed to the second`(text: String, seconds: Int) {
    #expect(RFC2822Date.seconds(Array(text.utf8)[...]) == Int64(seconds))
  }

  @Test(arguments: [
    // These have the length of the usual form.
    "Tue, 0x Sep 2026 18:00:05 +0000", "Tue, 01 S3p 2026 18:00:05 +0000", "Tu1, 01 Sep 2026 18:00:05 +0000",
    "Tue, 01 Sep 2026 18:00:05 +00x0", "Tue, 01 Sep 2026 18:00:05 +2400",
    "", "Tue", "Tue, ", "Foo, 01 Sep 2026 18:00:05 +0000", "Tue 01 Sep 2026 18:00:05 +0000",
    "31 Sep 2026 18:00:05 +0000", "29 Feb 2026 00:00:00 +0000", "29 Feb 1900 00:00:00 +0000",
    "0 Sep 2026 18:00:05 +0000", "001 Sep 2026 18:00:05 +0000", "1 Sepp 2026 18:00:05 +0000",
    "1 Septe 2026 18:00:05 +0000", "1 Sep 26 18:00:05 +0000", "1 Sep 12026 18:00:05 +0000",
    "1 Sep 2026 24:00:05 +0000", "1 Sep 2026 18:60:05 +0000", "1 Sep 2026 18:00:60 +0000",
    "1 Sep 2026 8:00:05 +0000", "1 Sep 2026 18:00:05", "1 Sep 2026 18:00:05 ", "1 Sep 2026 18:00:05 0000",
    "1 Sep 2026 18:00:05 +000", "1 Sep 2026 18:00:05 +00000", "1 Sep 2026 18:00:05 +2400",
    "1 Sep 2026 18:00:05 +0060", "1 Sep 2026 18:00:05 EST", "1 Sep 2026 18:00:05 +0000 ",
    " 1 Sep 2026 18:00:05 +0000", "1 Sep 2026 18:00:05 +0000x", "2026-09-01T18:00:05Z", "-1 Sep 2026 18:00:05 +0000",
  ])
  func `text that is not a date is rejected`(text: String) {
    #expect(RFC2822Date.seconds(Array(text.utf8)[...]) == nil)
  }

  @Test func `a slice is parsed within its bounds`() {
    let bytes = Array("xx1 Sep 2026 18:00:05 +0000yy".utf8)
    #expect(RFC2822Date.seconds(bytes[2..<(bytes.count - 2)]) == 1_788_285_605)
  }
}
