import FuzzOracles
import RollcallCore

/// The file of `--names`.
enum NamesFuzz {
  static func check(_ bytes: [UInt8]) {
    let names: SIDNames
    do throws(SIDNames.Flaw) {
      names = try SIDNames(text: bytes)
    } catch {
      require(
        Safety.isShowable(error.problem + error.right),
        "the error is not safe to print: \(error.problem.debugDescription)")
      require(error.line.map { $0 >= 1 } ?? true, "invalid line number \(error.line ?? 0)")
      return
    }
    require(names.count <= SIDNames.maximumCount, "expected at most \(SIDNames.maximumCount) names, got \(names.count)")
    // A line means the same with any system's line end, with trailing spaces, and after a byte order mark.
    let isJSON = bytes.first { $0 > 0x20 } == UInt8(ascii: "{")
    guard !isJSON, !bytes.contains(UInt8(ascii: "\r")), !bytes.starts(with: [0xEF, 0xBB, 0xBF]) else { return }
    let marked = [0xEF, 0xBB, 0xBF] + bytes
    require(
      marked.count > SIDNames.maximumBytes || (try? SIDNames(text: marked)) == names,
      "a byte order mark changes the names")
    let windows = bytes.flatMap { $0 == UInt8(ascii: "\n") ? [UInt8(ascii: " "), 0x0D, 0x0A] : [$0] }
    require(
      windows.count > SIDNames.maximumBytes || (try? SIDNames(text: windows)) == names,
      "Windows line ends or trailing spaces change the names")
    checkLines(bytes, names)
  }

  /// Checks that a name is found by its key: by the whole key and, for a sid, by a longer sid that begins with it.
  private static func checkLines(_ bytes: [UInt8], _ names: SIDNames) {
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      // Splits bytes, because a character may consist of a space and a combining mark.
      let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      guard words.count > 1, words[0].first != UInt8(ascii: "#") else { continue }
      let key = String(decoding: words[0], as: UTF8.self)
      let isAddress = words[0].contains(UInt8(ascii: ":")) || words[0].first == UInt8(ascii: "+")
      let name = isAddress ? names.name(ofCall: "?", at: key) : names[key]
      require(
        name?.utf8.count ?? 0 <= SIDNames.maximumName,
        "expected a name of at most \(SIDNames.maximumName) bytes, got \(name?.utf8.count ?? 0)")
      if !isAddress {
        require(name != nil && names[key + "-0"] != nil, "\(key.debugDescription) has no name")
      }
    }
  }
}
