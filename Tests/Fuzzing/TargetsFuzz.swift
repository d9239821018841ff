import FuzzOracles
import Libc
import RollcallCore
import RollcallKit

/// The file of `--targets`.
enum TargetsFuzz {
  /// A file that only this process uses.
  private static let file: (descriptor: Int32, path: String) = {
    var name = Array("targets-XXXXXX".utf8CString)
    let descriptor = mkstemp(&name)
    guard descriptor >= 0 else { fatalError("there is no file to write to") }
    return (descriptor, String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
  }()

  static func check(_ bytes: [UInt8]) {
    guard ftruncate(file.descriptor, 0) == 0, pwrite(file.descriptor, bytes, bytes.count, 0) == bytes.count else {
      fatalError("the file cannot be written")
    }
    var list = TargetList()
    do throws(UsageError) {
      try TargetsFile(path: file.path, pipes: .refused).add(to: &list)
      OptionsFuzz.check(list)
      require((1...TargetsFile.maximumTargets).contains(list.targets.count), "\(list.targets.count) targets")
      require(Set(list.targets.map(\.url.url)).count == list.targets.count, "one URL twice")
    } catch {
      require(Safety.isErrorLine(error.line), "an error is told as \(error.line.debugDescription)")
      require(error.exit == .configuration, "a mistake ends with \(error.exit)")
      require(!error.line.contains(bytesOf: OptionsFuzz.canary) || isOpen(bytes), "a secret is repeated: \(error.line)")
    }
  }

  /// Whether the canary is in a place that an error may repeat: a key, a name, a path, or another value that is not
  /// secret.
  private static func isOpen(_ bytes: [UInt8]) -> Bool {
    guard let entries = PlainJSON.value(of: bytes)?.asArray else { return false }
    let open: Set<String> = [
      "name", "format", "events", "calls", "only_changes_of", "max_age", "timeout", "url_file", "secret_files",
      "hub_secret_file",
    ]
    return entries.contains { entry in
      (entry.asObject ?? []).contains { member in
        holdsCanary(.string(member.key)) || open.contains(member.key) && holdsCanary(member.value)
      }
    }
  }

  private static func holdsCanary(_ value: JSONValue) -> Bool {
    String(decoding: JSONFuzz.written(value), as: UTF8.self).contains(bytesOf: OptionsFuzz.canary)
  }
}
