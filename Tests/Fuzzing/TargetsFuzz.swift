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
    guard descriptor >= 0 else { fatalError("could not create a file") }
    return (descriptor, String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
  }()

  static func check(_ bytes: [UInt8]) {
    guard ftruncate(file.descriptor, 0) == 0, pwrite(file.descriptor, bytes, bytes.count, 0) == bytes.count else {
      fatalError("could not write the file")
    }
    var list = TargetList()
    do throws(UsageError) {
      try TargetsFile(path: file.path, pipes: .refused).add(to: &list)
      OptionsFuzz.check(list)
      require(
        (1...TargetsFile.maximumTargets).contains(list.targets.count),
        "expected 1 to \(TargetsFile.maximumTargets) targets, got \(list.targets.count)")
      require(Set(list.targets.map(\.url.url)).count == list.targets.count, "two targets have the same URL")
    } catch {
      require(Safety.isErrorLine(error.line), "the error is not one safe line: \(error.line.debugDescription)")
      require(error.exit == .configuration, "expected a configuration error, got \(error.exit)")
      require(
        !error.line.contains(bytesOf: OptionsFuzz.canary) || isOpen(bytes), "the error repeats a secret: \(error.line)")
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
