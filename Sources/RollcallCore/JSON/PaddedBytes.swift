/// Bytes followed by 64 zero bytes, so that a reader may load a whole vector anywhere and stops at the end by itself.
public struct PaddedBytes: Sendable {
  /// How many zero bytes follow the last one.
  package static let padding = 64

  /// The bytes and their padding.
  package let storage: [UInt8]

  /// How many bytes there are, without the padding.
  public var count: Int { storage.count - Self.padding }

  /// Takes the bytes over and appends the padding; give `bytes` room for it to spare a copy.
  public init(_ bytes: consuming [UInt8]) {
    bytes.append(contentsOf: repeatElement(0, count: Self.padding))
    storage = bytes
  }

  /// The bytes without their padding.
  public var bytes: ArraySlice<UInt8> { storage[..<count] }
}
