/// The tagged pages of one conference that a process received, in order: those of the current scan, and those kept from
/// its last complete scan.
struct KeptPages {
  /// A valid page, with the rows it shows.
  struct Page {
    /// The query it was requested with; nil for the first page.
    var query: String?
    var tag: String
    var body: [UInt8]
    var rows: [ShownRow]
  }

  private var kept: [Page] = []
  private var arrived: [Page] = []
  /// Whether a page of the current poll has the same tag as the page kept at its place, but other bytes.
  private(set) var showsLie = false

  mutating func begin() { (arrived, showsLie) = ([], false) }

  /// Restarts the list from its first page.
  mutating func beginPass() { arrived = [] }

  mutating func complete(keepsPages: Bool) { kept = keepsPages ? arrived : [] }

  /// Returns the page kept at the next page's place, if it was requested with the same query.
  func next(_ query: String?) -> Page? {
    guard kept.indices.contains(arrived.count), kept[arrived.count].query == query else { return nil }
    return kept[arrived.count]
  }

  /// Adds the next page.
  mutating func receive(_ page: Page) {
    if let old = next(page.query), old.tag == page.tag, old.body != page.body { showsLie = true }
    arrived.append(page)
  }
}
