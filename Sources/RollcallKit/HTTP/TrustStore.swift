import CCurl
import Libc
import RollcallCore

/// The trusted certificate authorities: the system's, and any that the user adds.
enum TrustStore: Sendable, Equatable {
  /// The authorities that libcurl was built to trust.
  case builtIn
  /// A folder of certificates named by their hashes, which spares reading a bundle (17 ms at start), and added
  /// certificates as PEM.
  ///
  /// Their bytes are kept rather than their path, because the file may have changed by the next connection.
  case folder(String, added: [UInt8]?)
  /// All certificates as PEM, for systems without such a folder.
  case certificates([UInt8])

  private static let systemFolder = "/etc/ssl/certs"
  /// The maximum size of the system's bundle, in bytes.
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

  /// Whether a folder has certificates named by their hashes, such as `5ad8a5d6.0`.
  private static func isHashed(_ folder: String) -> Bool {
    #if canImport(Darwin)
      // The system's libcurl on Darwin uses the keychain.
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

/// Certificates (PEM) to trust besides the system's, and the files they come from.
package struct AddedCertificates: Sendable {
  /// The environment variable that names a file of additional certificates.
  package static let variable = "SSL_CERT_FILE"

  /// The maximum size of a file, in bytes.
  private static let maximumFile = 4 << 20
  private static let remedy = "give a PEM file"

  private struct File: Sendable {
    let path: String
    let source: Source
    let bytes: [UInt8]
  }

  /// Where the name of a file comes from.
  package enum Source: Sendable {
    case option
    case environment
  }

  private let files: [File]
  let bytes: [UInt8]

  /// Why a file is invalid.
  package struct Flaw: Error {
    /// Where the name of the file comes from.
    package let source: Source
    package let path: String
    /// The problem, as a predicate for the file's name.
    package let problem: String
    /// What to do about it.
    package let remedy: String

    /// The same for library users, who have no option that names the file.
    var failure: HTTPFailure {
      let name = source == .option ? "the CA file" : "the file of \(AddedCertificates.variable)"
      return HTTPFailure(.untrusted, "\(name) \(problem)", remedy: remedy)
    }
  }

  private init(_ files: [File]) {
    self.files = files
    bytes = files.flatMap { $0.bytes + [UInt8(ascii: "\n")] }
  }

  /// Reads the file of an option and the one that ``variable`` names.
  ///
  /// - Parameters:
  ///   - path: the option's value; nil if it is not given.
  ///   - variable: returns the value of an environment variable.
  /// - Returns: nil if neither names a file.
  /// - Throws: ``Flaw`` if a file is unreadable, has no certificate, or has a damaged one.
  package static func named(
    _ path: String?, variable: (String) -> String? = Environment.text, pipes: NamedFile.Pipes
  ) throws(Flaw) -> AddedCertificates? {
    var files: [File] = []
    if let path { files.append(try read(path, .option, pipes)) }
    if let path = variable(Self.variable) { files.append(try read(path, .environment, pipes)) }
    return files.isEmpty ? nil : AddedCertificates(files)
  }

  /// Reads the files again; they must be regular files this time.
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
      throw Flaw(source: source, path: path, problem: "has a truncated or invalid certificate", remedy: remedy)
    }
    guard count > 0 else {
      throw Flaw(source: source, path: path, problem: "has no PEM certificate", remedy: remedy)
    }
    return File(path: path, source: source, bytes: bytes)
  }
}

/// Checks PEM files of certificates without parsing the certificates. Source: RFC 7468.
enum PEMCertificates {
  /// The first byte of a DER certificate, which is a sequence.
  private static let sequence: UInt8 = 0x30

  /// Returns the number of certificates, ignoring other objects and text.
  ///
  /// - Returns: nil if one of them is truncated or not base64.
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

  /// Returns what follows the first word of a line that begins or ends an object.
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
