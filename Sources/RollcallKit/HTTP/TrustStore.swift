import CCurl
import Libc
import RollcallCore

/// The certificate authorities that count: the system's and, where there is one, the one that the user adds.
enum TrustStore: Sendable, Equatable {
  /// What libcurl was built to trust.
  case builtIn
  /// A folder where a certificate is found by its name's hash, so that no bundle has to be read (17 ms of a start), and
  /// certificates in PEM besides: not their file, which may be a wrong one by the next connection.
  case folder(String, added: [UInt8]?)
  /// Everything, in PEM, for systems without such a folder.
  case certificates([UInt8])

  private static let systemFolder = "/etc/ssl/certs"
  /// The largest accepted bundle of the system, in bytes.
  private static let maximumBundle = 4 << 20

  init(adding added: AddedCertificates? = nil) {
    if Self.isHashed(Self.systemFolder) {
      self = .folder(Self.systemFolder, added: added?.bytes)
    } else if let added {
      let bundle = Self.builtInBundle.flatMap { try? NamedFile($0, maximum: Self.maximumBundle, pipes: .refused) }
      self = .certificates((bundle?.bytes ?? []) + [UInt8(ascii: "\n")] + added.bytes)
    } else {
      self = .builtIn
    }
  }

  private static var builtInBundle: String? {
    guard let easy = unsafe curl_easy_init() else { return nil }
    defer { unsafe curl_easy_cleanup(easy) }
    return unsafe ccurl_ca_file(easy).map { unsafe String(cString: $0) }
  }

  /// Whether a folder holds a certificate under its hash, such as `5ad8a5d6.0`.
  private static func isHashed(_ folder: String) -> Bool {
    #if canImport(Darwin)
      // The system's libcurl there asks the keychain.
      return false
    #else
      guard let stream = unsafe opendir(folder) else { return false }
      defer { unsafe closedir(stream) }
      while let entry = unsafe readdir(stream) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        }
        let parts = name.split(separator: ".")
        if parts.count == 2, parts[0].count == 8, parts[1] == "0", UInt32(parts[0], radix: 16) != nil { return true }
      }
      return false
    #endif
  }
}

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

/// What a file of certificates in PEM holds, as far as that shows without reading the certificates. Source: RFC 7468.
enum PEMCertificates {
  /// The first byte of a certificate: a sequence, in DER.
  private static let sequence: UInt8 = 0x30

  /// How many certificates there are; other objects and text between them are passed over.
  ///
  /// - Returns: nil where one of them is cut or no base64.
  static func count(in bytes: [UInt8]) -> Int? {
    var count = 0
    var label: ArraySlice<UInt8>?
    var body: [UInt8] = []
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true) {
      let line = line.filter { $0 > 0x20 }
      if let begun = name(in: line, after: "-----BEGIN") {
        guard label == nil else { return nil }
        label = begun
        body = []
      } else if let ended = name(in: line, after: "-----END") {
        guard let begun = label, begun == ended else { return nil }
        label = nil
        guard begun.hasSuffix("CERTIFICATE-----".utf8) else { continue }
        guard Base64.decode(body)?.first == sequence else { return nil }
        count += 1
      } else if label != nil {
        body += line
      }
    }
    return label == nil ? count : nil
  }

  /// What follows the first word of a line that begins or ends an object.
  private static func name(in line: [UInt8], after word: String) -> ArraySlice<UInt8>? {
    guard line.starts(with: word.utf8) else { return nil }
    return line.dropFirst(word.utf8.count)
  }
}

extension Collection where Element == UInt8 {
  fileprivate func hasSuffix(_ suffix: some Collection<UInt8>) -> Bool {
    count >= suffix.count && self.suffix(suffix.count).elementsEqual(suffix)
  }
}
