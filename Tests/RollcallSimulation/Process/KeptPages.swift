/// The tagged pages of one conference that a process has been sent, in their order: those of the scan under way, and those
/// that it keeps from its last complete scan.
struct KeptPages {
  /// A valid page, with what the provider showed by it.
  struct Page {
    /// What it was asked for by; nil for the first page.
    var query: String?
    var tag: String
    var body: [UInt8]
    var rows: [ShownRow]
  }

  private var kept: [Page] = []
  private var arrived: [Page] = []
  /// Whether a page of the poll under way has the tag of the page that is kept in its place, and other bytes.
  private(set) var showsLie = false

  mutating func begin() { (arrived, showsLie) = ([], false) }

  /// The list is read anew from its first page.
  mutating func beginPass() { arrived = [] }

  mutating func complete(keepsPages: Bool) { kept = keepsPages ? arrived : [] }

  /// The page that is kept in the place of the next one, if it was asked for by the same query.
  func next(_ query: String?) -> Page? {
    guard kept.indices.contains(arrived.count), kept[arrived.count].query == query else { return nil }
    return kept[arrived.count]
  }

  /// Takes the next page.
  mutating func receive(_ page: Page) {
    if let old = next(page.query), old.tag == page.tag, old.body != page.body { showsLie = true }
    arrived.append(page)
  }
}
