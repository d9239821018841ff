import RollcallCore
import RollcallKit

/// The file of `--names`: what people call calls and conferences.
enum NamesFile {
  /// - Throws: ``UsageError``: ``ExitStatus/noInput`` where there is no such file, else ``ExitStatus/configuration`` with the
  ///   line that is wrong.
  static func read(_ path: String, pipes: NamedFile.Pipes) throws(UsageError) -> SIDNames {
    let source = SecretOrigin.file(DisplayOptions.names.name)
    let label = source.label
    let bytes = try InputFile.bytes(
      of: path, named: source.label(of: path), maximum: SIDNames.maximumBytes, pipes: pipes,
      excess: .configuration)
    do throws(SIDNames.Flaw) {
      return try SIDNames(text: bytes)
    } catch {
      let place = error.line.map { "line \($0) of \(label)" } ?? label
      throw UsageError("\(place) \(error.problem)", right: error.right, exit: .configuration)
    }
  }
}
