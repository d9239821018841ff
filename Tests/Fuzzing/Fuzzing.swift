import Libc

/// Called by libFuzzer with each input. An environment variable selects the target that checks it.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  Fuzzing.target.check(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}

enum Fuzzing {
  static let variable = "ROLLCALL_FUZZ_TARGET"

  static let target: FuzzTarget = {
    let name = getenv(variable).map { String(cString: $0) } ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
      let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: " ")
      fatalError("invalid \(variable) \"\(name)\": expected one of \(names)")
    }
    return target
  }()
}

/// Crashes with the message if a property does not hold; libFuzzer then keeps the input.
func require(_ holds: Bool, _ message: @autoclosure () -> String) {
  guard holds else { fatalError("\(Fuzzing.target.rawValue): \(message())") }
}
