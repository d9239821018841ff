/// A keyed digest of a message. Source: RFC 2104 with SHA-256.
package struct HMACSHA256: Sendable {
  private var inner = SHA256()
  private var outer = SHA256()

  /// Takes a key of any length; one over 64 bytes is replaced by its digest, as the RFC has it.
  package init(key: [UInt8]) {
    var block = key.count > SHA256.blockSize ? SHA256.hash(key) : key
    block.append(contentsOf: repeatElement(0, count: SHA256.blockSize - block.count))
    inner.update(block.lazy.map { $0 ^ 0x36 })
    outer.update(block.lazy.map { $0 ^ 0x5c })
  }

  /// The code of a message that is all at hand, 32 bytes.
  package static func code(of message: some Sequence<UInt8>, key: [UInt8]) -> [UInt8] {
    var code = HMACSHA256(key: key)
    code.update(message)
    return code.finish()
  }

  package mutating func update(_ bytes: some Sequence<UInt8>) {
    inner.update(bytes)
  }

  /// The code of what has been fed, 32 bytes.
  package func finish() -> [UInt8] {
    var last = outer
    last.update(inner.finish())
    return last.finish()
  }
}
