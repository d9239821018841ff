import Libc

/// Converts paths between text and the system's bytes, which need not be UTF-8.
///
/// A byte that is not UTF-8 is represented by a character at the end of the private-use range, so that nothing is lost
/// in either direction. The bytes of such characters themselves are represented in the same way.
package enum SystemPath {
  /// The character that represents byte 0.
  private static let first: UInt32 = 0x10_FF00

  /// Returns the text for bytes from the system.
  package static func text(_ bytes: [UInt8]) -> String {
    var text = String.UnicodeScalarView()
    var parser = UTF8.ForwardParser()
    var (iterator, offset) = (bytes.makeIterator(), 0)
    while true {
      let length: Int
      switch parser.parseScalar(from: &iterator) {
      case .emptyInput: return String(text)
      case .error(let count):
        length = count
        text.append(contentsOf: bytes[offset..<offset + length].lazy.compactMap(character))
      case .valid(let encoded):
        length = encoded.count
        let scalar = UTF8.decode(encoded)
        if byte(of: scalar) == nil {
          text.append(scalar)
        } else {
          text.append(contentsOf: bytes[offset..<offset + length].lazy.compactMap(character))
        }
      }
      offset += length
    }
  }

  /// Returns the bytes for the system, with a final NUL.
  package static func bytes(of text: String) -> [CChar] {
    var bytes: [CChar] = []
    for scalar in text.unicodeScalars {
      if let byte = byte(of: scalar) {
        bytes.append(CChar(bitPattern: byte))
      } else {
        bytes.append(contentsOf: UTF8.encode(scalar).map { $0.map { CChar(bitPattern: $0) } } ?? [])
      }
    }
    return bytes + [0]
  }

  /// Returns the text for people, with `\xE4` for a byte that is not UTF-8.
  package static func visible(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { visible, scalar in
      if let byte = byte(of: scalar) {
        visible += "\\x" + String(byte, radix: 16, uppercase: true)
      } else {
        visible.unicodeScalars.append(scalar)
      }
    }
  }

  private static func character(of byte: UInt8) -> Unicode.Scalar? { Unicode.Scalar(first + UInt32(byte)) }

  private static func byte(of scalar: Unicode.Scalar) -> UInt8? {
    scalar.value >= first ? UInt8(truncatingIfNeeded: scalar.value - first) : nil
  }
}

/// The system's descriptions of its error numbers.
package enum SystemReason {
  package static func text(_ number: Int32) -> String {
    unsafe strerror(number).map { unsafe String(cString: $0) } ?? "errno \(number)"
  }
}
