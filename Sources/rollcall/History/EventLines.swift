#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif
import RollcallCore

/// Reads a file of events line by line, so that its length does not matter.
struct EventLines {
  /// Bytes of a line; those of rollcall have at most 4096, but other programs may have added to them.
  static let maximumLine = 64 << 10
  private static let chunk = 64 << 10
  private static let stateFileMark = Array("SQLite format 3\0".utf8)

  /// What errors call it.
  let name: String
  /// The state file that it may be; nil where that would have no name.
  var path: String?

  /// Hands on every line that is not blank, without its newline.
  ///
  /// - Parameter body: takes the line, its number from 1, and whether it ended in a newline.
  func read(from descriptor: Int32, _ body: ([UInt8], Int, Bool) throws(UsageError) -> Void) throws(UsageError) {
    var buffer = [UInt8](repeating: 0, count: Self.chunk)
    var line: [UInt8] = []
    var number = 1
    var isBeginning = true
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe systemRead(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw InputFile.unreadable(name, errno) }
      guard count > 0 else {
        let content = Self.content(line, number)
        if !Self.isBlank(content) { try body(content, number, false) }
        return
      }
      if isBeginning, buffer[..<count].starts(with: Self.stateFileMark) { throw stateFile }
      isBeginning = false
      for piece in Lines(buffer[..<count]) {
        line += piece.bytes
        guard line.count <= Self.maximumLine else { throw tooLong(line, number) }
        guard piece.isEnd else { continue }
        let content = Self.content(line, number)
        if !Self.isBlank(content) { try body(content, number, true) }
        line.removeAll(keepingCapacity: true)
        number += 1
      }
      // Such a file may well have no end of a line in it.
      if number == 1, line.starts(with: Self.stateFileMark) { throw stateFile }
    }
  }

  private func tooLong(_ line: [UInt8], _ number: Int) -> UsageError {
    if number == 1, line.starts(with: Self.stateFileMark) { return stateFile }
    return UsageError(
      "line \(number) of \(name) is longer than any event", right: Self.right, exit: .damagedData)
  }

  private var stateFile: UsageError {
    UsageError("\(name) is a state file", right: "give --state \(path.map(Quotation.of) ?? "FILE")", exit: .damagedData)
  }

  /// What would be right instead of a file of something else.
  static let right = "give what rollcall watch or rollcall events writes"

  private static func content(_ line: [UInt8], _ number: Int) -> [UInt8] {
    number == 1 ? ByteOrderMark.dropped(from: line) : line
  }

  private static func isBlank(_ line: [UInt8]) -> Bool { line.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) } }

  /// The pieces of a chunk between its newlines.
  private struct Lines: Sequence, IteratorProtocol {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func next() -> (bytes: ArraySlice<UInt8>, isEnd: Bool)? {
      guard !rest.isEmpty else { return nil }
      let end = rest.firstIndex(of: 0x0A)
      let bytes = rest[..<(end ?? rest.endIndex)]
      rest = rest[(end.map { $0 + 1 } ?? rest.endIndex)...]
      return (bytes, end != nil)
    }
  }
}

/// `read(2)`, which a method of that name would hide.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  unsafe read(descriptor, buffer, count)
}
