import RollcallCore

/// Certificates (PEM) that a user trusts besides the system's, and the files that they come from.
package struct AddedCertificates: Sendable {
  /// Names a file whose certificates are trusted too.
  package static let variable = "SSL_CERT_FILE"

  /// The largest accepted file, in bytes.
  private static let maximumFile = 4 << 20
  private static let remedy = "give a PEM file"

  private struct File: Sendable {
    let path: String
    let source: Source
    let bytes: [UInt8]
  }

  /// What names a file.
  package enum Source: Sendable {
    case option
    case environment
  }

  private let files: [File]
  let bytes: [UInt8]

  /// Why a file cannot be used.
  package struct Flaw: Error {
    /// What names the file.
    package let source: Source
    package let path: String
    /// What is wrong, to follow the file's name.
    package let problem: String
    /// What to give instead.
    package let remedy: String

    /// For those who know no name for the file.
    var failure: HTTPFailure {
      let name = source == .option ? "the CA file" : "the file of \(AddedCertificates.variable)"
      return HTTPFailure(.untrusted, "\(name) \(problem)", remedy: remedy)
    }
  }

  private init(_ files: [File]) {
    self.files = files
    bytes = files.flatMap { $0.bytes + [UInt8(ascii: "\n")] }
  }

  /// Reads the file of an option, and the one that ``variable`` names.
  ///
  /// - Parameters:
  ///   - path: nil where the option is not given.
  ///   - variable: gives a variable of the environment.
  /// - Returns: nil where neither names a file.
  /// - Throws: ``Flaw`` where one cannot be read, holds no certificate, or holds a damaged one.
  package static func named(
    _ path: String?, variable: (String) -> String? = Environment.text, pipes: NamedFile.Pipes
  ) throws(Flaw) -> AddedCertificates? {
    var files: [File] = []
    if let path { files.append(try read(path, .option, pipes)) }
    if let path = variable(Self.variable) { files.append(try read(path, .environment, pipes)) }
    return files.isEmpty ? nil : AddedCertificates(files)
  }

  /// Reads the same files again, which have to be regular ones by now.
  func renewed() throws(Flaw) -> AddedCertificates {
    var files: [File] = []
    for file in self.files { files.append(try Self.read(file.path, file.source, .refused)) }
    return AddedCertificates(files)
  }

  private static func read(_ path: String, _ source: Source, _ pipes: NamedFile.Pipes) throws(Flaw) -> File {
    let bytes: [UInt8]
    do throws(NamedFileFailure) {
      bytes = try NamedFile(path, maximum: maximumFile, pipes: pipes).bytes
    } catch {
      throw Flaw(source: source, path: path, problem: error.problem, remedy: error.remedy)
    }
    guard let count = PEMCertificates.count(in: bytes) else {
      throw Flaw(source: source, path: path, problem: "holds a certificate that is cut or not base64", remedy: remedy)
    }
    guard count > 0 else {
      throw Flaw(source: source, path: path, problem: "holds no certificate in PEM", remedy: remedy)
    }
    return File(path: path, source: source, bytes: bytes)
  }
}
