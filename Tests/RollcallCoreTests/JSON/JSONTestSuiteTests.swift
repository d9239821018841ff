import RollcallCore
import RollcallTestKit
import Testing

@Suite(.enabled(if: SharedData.isPresent, "JSONTestSuite is not beside the package"))
struct `JSONTestSuite` {
  /// The documents that RFC 8259 leaves undefined and this reader accepts; it rejects the other 21.
  static let accepted: Set<String> = [
    "i_number_double_huge_neg_exp.json", "i_number_huge_exp.json", "i_number_neg_int_huge_exp.json",
    "i_number_pos_double_huge_exp.json", "i_number_real_neg_overflow.json", "i_number_real_pos_overflow.json",
    "i_number_real_underflow.json", "i_number_too_big_neg_int.json", "i_number_too_big_pos_int.json",
    "i_number_very_big_negative_int.json", "i_object_key_lone_2nd_surrogate.json",
    "i_string_1st_surrogate_but_2nd_missing.json", "i_string_1st_valid_surrogate_2nd_invalid.json",
    "i_string_incomplete_surrogate_and_escape_valid.json", "i_string_incomplete_surrogate_pair.json",
    "i_string_incomplete_surrogates_escape_valid.json", "i_string_invalid_lonely_surrogate.json",
    "i_string_invalid_surrogate.json", "i_string_inverted_surrogates_U+1D11E.json",
    "i_string_lone_second_surrogate.json",
  ]

  static let documents = SharedData.names(in: "JSONTestSuite/test_parsing") ?? []

  @Test func `has all of its documents`() {
    let counts = ["y_", "n_", "i_"].map { prefix in Self.documents.count { $0.hasPrefix(prefix) } }
    #expect(counts == [95, 188, 35])
    #expect(Self.accepted.isSubset(of: Self.documents))
  }

  @Test(arguments: documents)
  func `every document is accepted or rejected as specified`(name: String) throws {
    let bytes = try #require(SharedData.bytes(of: "JSONTestSuite/test_parsing/\(name)"))
    let expected = name.hasPrefix("y_") || Self.accepted.contains(name)
    #expect(Self.reads(bytes) == expected)
  }

  @Test(arguments: documents)
  func `a page accepts as an unknown member what the reader accepts as a document`(name: String) throws {
    let bytes = try #require(SharedData.bytes(of: "JSONTestSuite/test_parsing/\(name)"))
    let page = Array(#"{"participants":[{"call_sid":"CA1","x":"#.utf8) + bytes + Array("}]}".utf8)
    let conference = try #require(ConferenceSID("CF1"))
    var reader = PageReader()
    let read = try? reader.read(PaddedBytes(page), conference: conference)
    #expect((read != nil) == Self.reads(bytes))
    guard let read else { return }
    let record = read.participant(0).record
    let compacted = try JSONReader.read(record)
    #expect(compacted["x"] == (try JSONReader.read(bytes)))
  }

  private static func reads(_ bytes: [UInt8]) -> Bool {
    (try? JSONReader.read(bytes)) != nil
  }

  /// The canonical bytes of the value that each document of test_transform is read as; nil if it is rejected.
  static let transforms: [(name: String, result: String?)] = [
    ("number_-9223372036854775808.json", "[-9223372036854775808]"),
    ("number_-9223372036854775809.json", "[-9223372036854775809]"),
    ("number_1.0.json", "[1.0]"),
    ("number_1.000000000000000005.json", "[1.000000000000000005]"),
    ("number_1000000000000000.json", "[1000000000000000]"),
    ("number_10000000000000000999.json", "[10000000000000000999]"),
    ("number_1e-999.json", "[1E-999]"),
    ("number_1e6.json", "[1E6]"),
    ("number_9223372036854775807.json", "[9223372036854775807]"),
    ("number_9223372036854775808.json", "[9223372036854775808]"),
    ("object_key_nfc_nfd.json", "{\"\u{e9}\":\"NFC\",\"e\u{301}\":\"NFD\"}"),
    ("object_key_nfd_nfc.json", "{\"e\u{301}\":\"NFD\",\"\u{e9}\":\"NFC\"}"),
    ("object_same_key_different_values.json", #"{"a":1,"a":2}"#),
    ("object_same_key_same_value.json", #"{"a":1,"a":1}"#),
    ("object_same_key_unclear_values.json", #"{"a":0,"a":-0}"#),
    ("string_1_escaped_invalid_codepoint.json", "[\"\u{fffd}\"]"),
    ("string_1_invalid_codepoint.json", nil),
    ("string_2_escaped_invalid_codepoints.json", "[\"\u{fffd}\u{fffd}\"]"),
    ("string_2_invalid_codepoints.json", nil),
    ("string_3_escaped_invalid_codepoints.json", "[\"\u{fffd}\u{fffd}\u{fffd}\"]"),
    ("string_3_invalid_codepoints.json", nil),
    ("string_with_escaped_NULL.json", #"["A\u0000B"]"#),
  ]

  @Test func `every transform is read as specified`() throws {
    #expect(SharedData.names(in: "JSONTestSuite/test_transform") == Self.transforms.map(\.name).sorted())
    for (name, result) in Self.transforms {
      let bytes = try #require(SharedData.bytes(of: "JSONTestSuite/test_transform/\(name)"))
      let written = (try? JSONReader.read(bytes)).map(written)
      #expect(written == result.map { Array($0.utf8) }, "\(name)")
    }
  }
}
