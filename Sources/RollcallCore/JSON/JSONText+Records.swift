extension JSONText {
  /// Appends a valid JSON value on one line, safe to print, with every string in its shortest form.
  ///
  /// White space outside strings is dropped, an escape that JSON does not need becomes the character that it stands for,
  /// raw DEL, C1, U+2028 and U+2029 become `\u` escapes, a surrogate that stands alone becomes U+FFFD. Everything else,
  /// numbers included, stays byte for byte. A receiver that parses and re-serialises a line gets the same strings.
  package static func appendCompacted(_ source: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
    let b = unsafe source.span.bytes
    var inside = false
    var copied = source.startIndex  // everything before it has been dealt with
    var i = copied
    while i < source.endIndex {
      if source.endIndex &- i >= 16 {
        if let quotes = JSONScan.quotesIfTidy(b, i &- source.startIndex) {
          inside = inside != (quotes & 1 == 1)
          i &+= 16
          continue
        }
        if inside {
          let run = JSONScan.quietRun(b, i &- source.startIndex)
          i &+= run
          if run == 16 { continue }
        }
      }
      let c = source[i]
      if !inside {
        if c <= 0x20 {
          bytes.append(contentsOf: source[copied..<i])
          copied = i + 1
        }
        inside = c == 0x22
        i += 1
      } else if c == 0x5c || c >= 0x7f {
        let piece = WrittenPiece(source, at: i)
        if let scalar = piece.rewritten {
          bytes.append(contentsOf: source[copied..<i])
          append(scalar, to: &bytes)
          copied = i + piece.length
        }
        i += piece.length
      } else {
        inside = c != 0x22
        i += 1
      }
    }
    bytes.append(contentsOf: source[copied..<source.endIndex])
  }

  /// Cuts what stands between the quotes of a literal to `limit` bytes at the most, between characters: never inside an
  /// escape, a pair of surrogates or a UTF-8 sequence.
  package static func cut(_ written: ArraySlice<UInt8>, to limit: Int) -> ArraySlice<UInt8> {
    guard written.count > limit else { return written }
    let end = written.startIndex + limit
    var i = written.startIndex
    while i < end {
      let next = i + WrittenPiece(written, at: i).length
      if next > end { break }
      i = next
    }
    return written[..<i]
  }

  /// Cuts a text to the bytes that it may take as written, between characters.
  package static func shortened(_ text: String, to limit: Int) -> String {
    // No character is written in more than six bytes for each of its own.
    guard text.utf8.count > limit / 6 else { return text }
    var written: [UInt8] = []
    appendContents(of: text, to: &written)
    guard written.count > limit else { return text }
    return string(cut(ArraySlice(written), to: limit), escaped: true)
  }

  /// The text that the contents of a valid literal stand for; a surrogate that stands alone is U+FFFD.
  package static func string(_ contents: ArraySlice<UInt8>, escaped: Bool) -> String {
    String(decoding: escaped ? ArraySlice(unescaped(contents)) : contents, as: UTF8.self)
  }

  /// The UTF-8 bytes of ``string(_:escaped:)``.
  package static func unescaped(_ contents: ArraySlice<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(contents.count)
    var i = contents.startIndex
    while i < contents.endIndex {
      let piece = WrittenPiece(contents, at: i)
      if let scalar = piece.escapedScalar {
        bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      } else {
        bytes.append(contentsOf: contents[i..<min(i + piece.length, contents.endIndex)])
      }
      i += piece.length
    }
    return bytes
  }
}
