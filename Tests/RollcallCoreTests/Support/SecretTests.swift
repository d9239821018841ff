import RollcallCore
import Testing

@Suite struct `A secret` {
  @Test func `is only shown by reveal()`() {
    let secret = Secret("hunter2")
    var dumped = ""
    dump(secret, to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), String(describing: [secret]), dumped] {
      #expect(!text.contains("hunter2"))
      #expect(text.contains("[secret]"))
    }
    #expect(secret.reveal() == "hunter2")
  }
}
