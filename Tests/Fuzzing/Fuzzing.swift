import Libc

/// Called by libFuzzer with each input. The environment says which target gets it.
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
      fatalError("\(variable) is none of: \(FuzzTarget.allCases.map(\.rawValue).joined(separator: " "))")
    }
    return target
  }()
}

/// Ends the run if a property does not hold; libFuzzer then keeps the input.
func require(_ holds: Bool, _ property: @autoclosure () -> String) {
  guard holds else { fatalError("\(Fuzzing.target.rawValue): \(property())") }
}
