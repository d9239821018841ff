import RollcallCore

/// Certificates (PEM) that a user trusts besides the system's, and the file that they come from.
package struct AddedCertificates: Sendable {
  /// The largest accepted file, in bytes.
  private static let maximumFile = 4 << 20
  private static let remedy = "give a PEM file"

  private let path: String
  let bytes: [UInt8]

  /// Why a file cannot be used.
  package struct Flaw: Error {
    /// What is wrong, to follow the file's name.
    package let problem: String
    /// What to give instead.
    package let remedy: String

    /// For those who know no name for the file.
    var failure: HTTPFailure { HTTPFailure(.untrusted, "the CA file \(problem); \(remedy)") }
  }

  /// Reads a file.
  ///
  /// - Throws: ``Flaw`` where it cannot be read, holds no certificate, or holds a damaged one.
  package init(path: String, pipes: NamedFile.Pipes) throws(Flaw) {
    self.path = path
    do throws(NamedFileFailure) {
      bytes = try NamedFile(path, maximum: Self.maximumFile, pipes: pipes).bytes
    } catch {
      throw Flaw(problem: error.problem, remedy: error.remedy)
    }
    guard let count = PEMCertificates.count(in: bytes) else {
      throw Flaw(problem: "holds a certificate that is cut or not base64", remedy: Self.remedy)
    }
    guard count > 0 else { throw Flaw(problem: "holds no certificate in PEM", remedy: Self.remedy) }
  }

  /// Reads the same file again, which has to be a regular one by now.
  func renewed() throws(Flaw) -> AddedCertificates { try AddedCertificates(path: path, pipes: .refused) }
}
