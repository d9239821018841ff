import RollcallCore
import RollcallKit
import RollcallServer
import Testing

@testable import rollcall

@Suite struct `Status callbacks` {
  private static let token = "0123456789abcdef"

  private static func read(_ body: String) -> StatusCallback { StatusCallback(Array(body.utf8)) }

  private static func hint(_ sid: String) throws -> StatusCallback { .hint(try #require(ConferenceSID(sid))) }

  @Test(arguments: [
    "AccountSid=a&CallSid=b&ConferenceSid=c-1&FriendlyName=x+y&StatusCallbackEvent=participant-mute&Muted=true",
    "conference_sid=c-1", "ConferenceSid=c%2D1&StatusCallbackEvent=conference-end",
    "ConferenceSid=c-1&ConferenceSid=c-1", #"{"conference_sid":"c-1"}"#, #" {"ConferenceSid":"c-1","Other":[1,{}]}"#,
    #"{"event_type":"calling.conference","params":{"conference_id":"c-1","call_id":"b"}}"#,
    #"{"ConferenceSid":"c-1","StatusCallbackEvent":7}"#,
  ])
  func `a form or a JSON object that names one conference is a hint`(body: String) throws {
    #expect(Self.read(body) == (try Self.hint("c-1")))
  }

  @Test(arguments: [
    "participant-speech-start", "participant-speech-stop", "announcement-end", "announcement-fail",
  ])
  func `callbacks about what the participant list does not show are ignored`(event: String) {
    #expect(Self.read("ConferenceSid=c&StatusCallbackEvent=\(event)") == .irrelevant)
    #expect(Self.read(#"{"ConferenceSid":"c","StatusCallbackEvent":"\#(event)"}"#) == .irrelevant)
  }

  @Test(arguments: [
    "", "&&==", "CallSid=b&CallStatus=completed", "ConferenceSid=", "ConferenceSid=a/b", "ConferenceSid=..",
    "ConferenceSid=a&ConferenceSid=b", "ConferenceSid=a&conference_sid=b", "{", "{}", "[]",
    #"[{"ConferenceSid":"c"}]"#, #"{"ConferenceSid":["c"]}"#, #"{"ConferenceSid":1}"#, #"{"params":"c"}"#,
    #"{"ConferenceSid":"a","params":{"conference_id":"b"}}"#, #"{"ConferenceSid":"c"} x"#, "\u{0}\u{1F}%00%zz",
    String(repeating: #"{"params":"#, count: 1000), (0..<1000).map { "ConferenceSid=c\($0)" }.joined(separator: "&"),
    "ConferenceSid=" + String(repeating: "c", count: 129),
  ])
  func `a body that does not name exactly one conference is no hint`(body: String) {
    #expect(Self.read(body) == .withoutConference)
  }

  // MARK: Answers

  private struct Desk {
    let hints = HintQueue()
    let logged: LoggedText
    let desk: CallbackDesk

    init() throws {
      logged = try LoggedText()
      desk = CallbackDesk(try #require(CallbackToken(Secret(token))), hints, logged.log)
    }

    func status(
      _ path: String, _ body: String = "ConferenceSid=c", method: ServerRequest.Method = .post
    ) -> Int {
      desk.answer(ServerRequest(method: method, path: path, body: Array(body.utf8))).status
    }
  }

  @Test func `every valid callback is answered with 204, whether or not it is a hint`() throws {
    let desk = try Desk()
    let path = "/callbacks/\(Self.token)"
    #expect(desk.status(path) == 204 && desk.hints.count == 1)
    #expect(desk.status(path, "ConferenceSid=c&StatusCallbackEvent=announcement-end") == 204)
    #expect(desk.status(path, "nothing") == 204 && desk.status(path, "") == 204)
    #expect(desk.hints.count == 1)
    #expect(desk.status(path, method: .get) == 405 && desk.hints.count == 1)
    #expect(
      desk.logged.lines() == [
        "rollcall: warning: callbacks: ignored a callback that does not name one conference; further ones are not logged"
      ])
  }

  @Test func `a wrong path or token gives 404, no hint, and one log line without the token`() throws {
    let desk = try Desk()
    for path in [
      "/", "/callbacks", "/callbacks/", "/callbacks/\(Self.token)/", "/callbacks/\(Self.token)x",
      "/callbacks/\(Self.token.dropLast())", "/callbacks/0123456789abcdeF", "/callback/\(Self.token)",
      "/callbacks/" + String(repeating: "0", count: 60_000),
    ] {
      #expect(desk.status(path) == 404 && desk.status(path, method: .get) == 404)
    }
    for number in 0..<10_000 { #expect(desk.status("/callbacks/\(number)") == 404) }
    #expect(desk.hints.count == 0)
    #expect(
      desk.logged.lines() == [
        "rollcall: warning: callbacks: answered 404 to a request with a wrong path or token; further ones are not logged"
      ])
  }

  @Test func `a reloaded token replaces the old one`() throws {
    let desk = try Desk()
    desk.desk.renew(try #require(CallbackToken(Secret("fedcba9876543210"))))
    #expect(desk.status("/callbacks/\(Self.token)") == 404)
    #expect(desk.status("/callbacks/fedcba9876543210") == 204)
  }

  // MARK: Options

  @Test(arguments: [
    String(repeating: "a", count: 16), String(repeating: "Z-_9", count: 64), "AZaz09_-AZaz09_-",
  ])
  func `a token of 16 to 256 characters that are valid in a URL is accepted`(text: String) throws {
    let token = try #require(CallbackToken(Secret(text)))
    #expect(token.matches(text) && !token.matches(text + "a") && !token.matches(text.dropLast()))
  }

  @Test(arguments: [
    "", String(repeating: "a", count: 15), String(repeating: "a", count: 257), "0123456789abcde/", "0123456789abcde%",
    "0123456789abcde ", "0123456789abcdeé", "0123456789abcde.",
  ])
  func `any other token is rejected`(text: String) throws {
    #expect(CallbackToken(Secret(text)) == nil)
  }

  @Test(arguments: [
    ("--callbacks 9000 --callback-token-file f", "127.0.0.1:9000"),
    ("--callbacks=[::1]:9000 --callback-token-file=f", "[::1]:9000"),
    ("--callbacks 0.0.0.0:1 --callback-token-file f --all", "0.0.0.0:1"),
  ])
  func `the address for callbacks is a port, with or without a host`(line: String, address: String) throws {
    let subject = line.hasSuffix("--all") ? "" : " c"
    let callbacks = try #require(try CommandLineProbe.watch("watch\(subject) \(line)").callbacks)
    #expect("\(callbacks.address.host):\(callbacks.address.port)" == address)
    #expect(try CommandLineProbe.watch("watch c").callbacks == nil)
  }

  private static let generated = "give --callback-token-file FILE, such as one made by openssl rand -hex 16"

  @Test(arguments: [
    BadInput("watch", "c", "--callbacks", "9000", line: "--callbacks needs a token; \(generated)"),
    BadInput(
      "watch", "c", "--callback-token-file", "f", line: "--callback-token-file has no effect; give --callbacks PORT too"
    ),
    BadInput(
      "watch", "c", "--callbacks", "9000", "--callback-token-file", "f", "--once",
      line: "--callbacks and --once contradict each other; give one of them"),
    BadInput(
      "watch", "c", "--callbacks", "localhost:1", "--callback-token-file", "f",
      line:
        #"invalid value "localhost:1" for --callbacks: expected a port from 1 to 65535, or one with an address, such"#
        + " as 0.0.0.0:9100 or '[::1]:9100'"),
    BadInput(
      "watch", "c", "--callbacks", "9000", "--callback-token-file", "/nowhere/f",
      line:
        #"the file of --callback-token-file, "/nowhere/f", cannot be opened (No such file or directory); give a file"#
        + " that exists", exit: .configuration),
  ])
  func `options that cannot work are reported in one line`(input: BadInput) throws { try input.check() }

  @Test(arguments: [
    ("0123456789abcde\n", "has no valid token; put 16 to 256 of A-Z a-z 0-9 _ - into it"),
    ("0123456789abcdef/\n", "has no valid token; put 16 to 256 of A-Z a-z 0-9 _ - into it"),
    ("", "is empty; put the secret into it"),
    ("0123456789abcdef\n0123456789abcdef\n", "is not a single line of text; put the secret alone into it"),
  ])
  func `an unusable token is reported in one line`(text: String, problem: String) throws {
    try TemporaryFile.with(text, mode: 0o600) { path in
      try BadInput(
        "watch", "c", "--callbacks", "9000", "--callback-token-file", path,
        line: "the file of --callback-token-file \(problem)", exit: .configuration
      ).check()
    }
  }

  @Test func `a port in use is reported in one line`() throws {
    let taken = try HTTPServer { _ in ServerReply(status: 204) }
    defer { taken.stop() }
    try TemporaryFile.with(Self.token, mode: 0o600) { path in
      try BadInput(
        "watch", "c", "--callbacks", "\(taken.port)", "--callback-token-file", path,
        line: "port \(taken.port) is in use on 127.0.0.1; choose another --callbacks port", exit: .configuration
      ).check()
    }
  }
}
