import FuzzOracles
import RollcallCore

/// Text on its way to a terminal or a log.
enum TextFuzz {
  static func check(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    let shown = TerminalText.sanitised(text)
    require(Safety.isShowable(shown), "what is shown holds what may not be shown: \(shown.debugDescription)")
    require(TerminalText.sanitised(shown).utf8.elementsEqual(shown.utf8), "not the same the second time")
    if Safety.isShowable(text) { require(shown.utf8.elementsEqual(text.utf8), "a text that could stay is another") }
    for level in StandardError.Level.allCases {
      require(Safety.isShowable(StandardError.text(level, text)), "a line of text in the log")
      let line = Array(StandardError.json(level, text, at: Timestamp(milliseconds: 0)).utf8)
      require(Safety.isQuiet(line), "a line of JSON in the log")
      require(
        PlainJSON.value(of: line)?["message"]?.asText?.utf8.elementsEqual(shown.utf8) == true, "the logged message")
    }
    let quoted = Quotation.of(text)
    require(quoted == "the text given" || quoted.utf8.first == UInt8(ascii: "\""), "a quotation")
    require(Safety.isErrorLine(UsageError(quoted, right: "give another").line), "an error that repeats the text")
  }
}
