import Libc
import Testing

/// A folder with a targets file and the files that it names, which exists during one test.
struct TargetsFolder {
  static let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
  static let newKey = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"

  let path: String
  var targets: String { "\(path)/targets.json" }

  /// - Parameters:
  ///   - targets: the contents of the targets file.
  ///   - mode: the permissions of the targets file.
  static func with(_ targets: String, mode: mode_t = 0o600, _ body: (TargetsFolder) throws -> Void) throws {
    try TemporaryFolder.with { path in
      let folder = TargetsFolder(path: path)
      try folder.write(targets, to: "targets.json", mode: mode)
      try folder.write(key + "\n", to: "secret")
      try folder.write(newKey + "\n", to: "new-secret")
      try folder.write("whsec_!!!", to: "no-base64")
      try folder.write(key, to: "open", mode: 0o622)
      try folder.write("https://filed.example/hush\n", to: "url")
      try body(folder)
    }
  }

  /// Replaces a file.
  func write(_ text: String, to name: String, mode: mode_t = 0o600) throws {
    let descriptor = unsafe open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    try #require(unsafe systemWrite(descriptor, bytes, bytes.count) == bytes.count && fchmod(descriptor, mode) == 0)
  }
}

/// Calls `write(2)`, whose name a method hides.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
  unsafe write(descriptor, bytes, count)
}
