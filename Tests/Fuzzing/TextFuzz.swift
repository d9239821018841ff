import FuzzOracles
import RollcallCore

/// Text on its way to a terminal or a log.
enum TextFuzz {
  static func check(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    let shown = TerminalText.sanitised(text)
    require(Safety.isShowable(shown), "the sanitised text is unsafe: \(shown.debugDescription)")
    require(TerminalText.sanitised(shown).utf8.elementsEqual(shown.utf8), "sanitising a second time changes the text")
    if Safety.isShowable(text) {
      require(shown.utf8.elementsEqual(text.utf8), "a safe text was changed to \(shown.debugDescription)")
    }
    for level in StandardError.Level.allCases {
      require(Safety.isShowable(StandardError.text(level, text)), "the text log line is unsafe")
      let line = Array(StandardError.json(level, text, at: Timestamp(milliseconds: 0)).utf8)
      require(Safety.isQuiet(line), "the JSON log line is unsafe")
      require(
        PlainJSON.value(of: line)?["message"]?.asText?.utf8.elementsEqual(shown.utf8) == true,
        "the JSON log line has another message")
    }
    let quoted = Quotation.of(text)
    require(
      quoted == "the text given" || quoted.utf8.first == UInt8(ascii: "\""),
      "the text is neither quoted nor replaced: \(quoted.debugDescription)")
    require(
      Safety.isErrorLine(UsageError(quoted, right: "give another").line), "an error with the text is not one safe line")
  }
}
