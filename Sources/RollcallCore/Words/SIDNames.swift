/// What people call calls and conferences: names by sid, or by what a sid begins with.
package struct SIDNames: Hashable, Sendable {
  /// Bytes of text that are read.
  package static let maximumBytes = 1 << 20
  package static let maximumCount = 10_000
  /// Bytes of one name.
  package static let maximumName = 128

  package static let none = SIDNames()

  private var names: [String: String] = [:]
  /// The lengths that the sids have, the longest first.
  private var lengths: [Int] = []

  package init() {}

  package var count: Int { names.count }

  /// The name of a sid; of several prefixes the longest counts.
  package subscript(sid: String) -> String? {
    for length in lengths where length <= sid.utf8.count {
      if let name = names[String(sid.prefix(length))] { return name }
    }
    return nil
  }

  /// - Throws: ``Flaw`` where the sid or the name is none, or the sid has a name.
  mutating func add(_ name: String, of sid: String, line: Int?) throws(Flaw) {
    guard SIDSyntax.accepts(sid.utf8) else {
      throw Flaw(line, "begins with no sid", "give a sid, or what it begins with, of A-Z a-z 0-9 : _ . -")
    }
    guard !name.isEmpty else { throw Flaw(line, "has no name", "give a sid, a blank and a name") }
    guard name.utf8.count <= Self.maximumName else {
      throw Flaw(line, "has a name of \(name.utf8.count) bytes", "give at most \(Self.maximumName)")
    }
    guard names.updateValue(name, forKey: sid) == nil else {
      throw Flaw(line, "has a sid that is there already", "give each once")
    }
    guard names.count <= Self.maximumCount else {
      throw Flaw(line, "is one too many", "give at most \(Self.maximumCount) names")
    }
    guard !lengths.contains(sid.utf8.count) else { return }
    lengths.append(sid.utf8.count)
    lengths.sort(by: >)
  }

  /// Why a text holds no names.
  package struct Flaw: Error, Hashable, Sendable {
    /// From 1; nil where it is no matter of one line.
    package let line: Int?
    /// What is wrong there, to be read after what is named.
    package let problem: String
    package let right: String

    init(_ line: Int?, _ problem: String, _ right: String) {
      (self.line, self.problem, self.right) = (line, problem, right)
    }
  }
}
