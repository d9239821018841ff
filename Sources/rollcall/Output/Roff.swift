/// Writes a manual page with the man(7) macros; texts come in plain and are escaped here.
struct Roff {
  /// Bytes of a line of text, which roff fills up with the next one.
  private static let maximumLine = 79

  private(set) var text = ""
  private var isAfterTitle = false

  init(title: String, section: Int, date: String, source: String, manual: String) {
    // The hyphens of a date are not to be escaped.
    text += ".TH \"\(title)\" \"\(section)\" \"\(date)\" \"\(Self.escaped(source))\" \"\(manual)\"\n"
    // Names of options and variables are not to be torn.
    text += ".nh\n.ad l\n"
  }

  mutating func section(_ title: String) {
    line(".SH", title)
    isAfterTitle = true
  }

  mutating func subsection(_ title: String) {
    line(".SS", title)
    isAfterTitle = true
  }

  /// Text that goes on where the last macro has left off.
  mutating func plain(_ body: String) {
    var line = ""
    for word in Self.escaped(body).split(separator: " ") {
      if !line.isEmpty, line.utf8.count + 1 + word.utf8.count > Self.maximumLine {
        write(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    write(line)
  }

  /// A paragraph of its own.
  mutating func paragraph(_ body: String) {
    beginParagraph()
    plain(body)
  }

  /// A title between paragraphs.
  mutating func heading(_ body: String) {
    beginParagraph()
    line(".I", body)
  }

  /// Lines that stay as they are, in bold.
  mutating func commands(_ commands: [String]) {
    for (index, command) in commands.enumerated() {
      if index == 0 { beginParagraph() } else { line(".br") }
      line(".B", command)
    }
  }

  /// A term in bold, what varies of it in italics, and what it means.
  mutating func item(_ term: String, of variable: String = "", _ meaning: String) {
    line(".TP")
    let variable = variable.isEmpty ? "" : #" \fI\#(Self.escaped(variable))\fR"#
    write(#"\fB\#(Self.escaped(term))\fR"# + variable)
    plain(meaning)
  }

  /// A title begins a paragraph by itself.
  private mutating func beginParagraph() { if !isAfterTitle { line(".PP") } }

  /// A line of text; one that begins like a request is kept from being one.
  private mutating func write(_ escaped: String) {
    isAfterTitle = false
    text += (escaped.hasPrefix(".") ? #"\&"# : "") + escaped + "\n"
  }

  private mutating func line(_ request: String, _ arguments: String...) {
    isAfterTitle = false
    text += ([request] + arguments.map { "\"\(Self.escaped($0))\"" }).joined(separator: " ") + "\n"
  }

  /// Signs that roff takes for something else, and all that is not ASCII, by their names.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += #"\e"#
      case "-": result += #"\-"#
      case "\"": result += #"\(dq"#
      case "'": result += #"\(aq"#
      case "`": result += #"\(ga"#
      case "^": result += #"\(ha"#
      case "~": result += #"\(ti"#
      case " "..."~": result.unicodeScalars.append(scalar)
      default:
        let digits = String(scalar.value, radix: 16, uppercase: true)
        result += #"\[u"# + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "]"
      }
    }
    return result
  }
}
