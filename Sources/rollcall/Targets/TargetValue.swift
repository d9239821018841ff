import RollcallCore
import RollcallKit

/// A value in the file of `--targets` that knows where it stands, so that an error can say so.
struct TargetValue {
  let value: JSONValue
  let place: TargetPlace

  var source: SecretOrigin { .target(place) }

  /// An error that says of this value what is wrong.
  func refusal(_ problem: String, right: String) -> UsageError {
    .invalidSecret(source, problem, right: right)
  }

  /// - Parameter example: what would be right.
  func text(like example: String) throws(UsageError) -> String {
    guard let text = value.asText else { throw refusal("is no text", right: "give \(example)") }
    return text
  }

  /// The elements of an array that has some, but not too many of them.
  func elements(atMost maximum: Int, like example: String) throws(UsageError) -> [TargetValue] {
    guard let elements = value.asArray else { throw refusal("is no array", right: "give \(example)") }
    guard (1...maximum).contains(elements.count) else {
      throw refusal("has \(elements.count) elements", right: "give 1 to \(maximum), or leave it out")
    }
    return elements.enumerated().map { index, element in
      TargetValue(value: element, place: TargetPlace(place.target, key: "\(place.key)[\(index)]"))
    }
  }

  /// The members of an object, none of them twice.
  func members(atMost maximum: Int, like example: String) throws(UsageError) -> [(key: String, value: JSONValue)] {
    guard let members = value.asObject else { throw refusal("is no object", right: "give \(example)") }
    guard members.count <= maximum else {
      throw refusal("has \(members.count) members", right: "give at most \(maximum)")
    }
    return members
  }

  /// The path of a file, from the folder of the file of `--targets`.
  func path(in folder: String) throws(UsageError) -> String {
    let path = try text(like: "the path of a file")
    // A zero byte would end the name for the system, and another file would be read.
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw refusal("is no path", right: "give the path of a file")
    }
    return path.hasPrefix("/") ? path : folder + path
  }

  /// The file that this value names holds a secret.
  ///
  /// - Parameter note: gets what the user should know of the file.
  func secret(
    in folder: String, pipes: NamedFile.Pipes, _ note: (String?) -> Void
  ) throws(UsageError) -> Secret {
    let file = try SecretFile(path: path(in: folder), from: .targetFile(place), pipes: pipes)
    note(file.warning)
    return file.secret
  }
}
