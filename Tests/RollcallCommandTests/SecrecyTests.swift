import RollcallCore
import Testing

@testable import rollcall

/// Every secret in these tests contains the word `hush`, which no error may repeat.
@Suite struct SecrecyTests {
  static let tokenRight = "set SIGNALWIRE_API_TOKEN or give --token-file FILE"
  static let argumentWrong = "a secret in an argument can be read by every user of this machine"

  @Test(arguments: [
    Mistake("watch", "c", "--token", "hush", line: "\(argumentWrong); \(tokenRight)"),
    Mistake("watch", "c", "--api-token=hush", line: "\(argumentWrong); \(tokenRight)"),
    Mistake("list", "c", "--API_TOKEN=hush", line: "\(argumentWrong); \(tokenRight)"),
    Mistake("list", "c", "-token", "hush", line: "\(argumentWrong); \(tokenRight)"),
    Mistake("watch", "c", "--intervall=hush", line: #"watch has no option "--intervall"; did you mean --interval?"#),
    Mistake(
      "watch", "c", "--webhook-secret", "hush",
      line: "\(argumentWrong); set ROLLCALL_WEBHOOK_SECRET or give --webhook-secret-file FILE"),
    Mistake(
      "watch", "c", "--token-file", "/nowhere/PThush",
      line: "the file of --token-file cannot be opened (No such file or directory); give a file that exists",
      exit: .configuration),
    Mistake(
      "watch", "c", "--webhook", "host/hush",
      line: "--webhook is not a URL; begin it with https:// or http://, such as http://127.0.0.1:8787"),
    Mistake(
      "watch", "c", "--webhook=ftp://host/hush",
      line: "--webhook has a scheme that cannot be posted to; give https://host/path"),
    Mistake(
      "watch", "c", "--webhook=https://u:hush@host/",
      line: "--webhook has a user in it; give --webhook-header 'Authorization: …' instead"),
    Mistake(
      "watch", "c", "--webhook=https:///hush", line: "--webhook has no valid host; give https://host/path"),
    Mistake(
      "watch", "c", "--webhook=https://h:0/hush", line: "--webhook has no valid host; give https://host/path"),
    Mistake(
      "watch", "c", "--webhook=https://h/#hush",
      line: "--webhook has a fragment, which is never sent; leave out the # and the rest"),
    Mistake(
      "watch", "c", "--webhook=https://h/hush hush",
      line: "--webhook has a space or a character outside ASCII; give it percent-encoded"),
    Mistake(
      "watch", "c", "--webhook=https://h/hush…",
      line: "--webhook is an example with … in it; give the URL that the service shows"),
    Mistake("watch", "c", "--webhook-header", "hush", line: "--webhook-header has no colon; give 'Name: value'"),
    Mistake(
      "watch", "c", "--webhook-header", "a b: hush",
      line: "--webhook-header has a name that HTTP does not allow; give 'Name: value'"),
    Mistake(
      "watch", "c", "--webhook-header", ": hush",
      line: "--webhook-header has a name that HTTP does not allow; give 'Name: value'"),
    Mistake(
      "watch", "c", "--webhook-header", "a: hush\r\nb: c",
      line: "--webhook-header has a line end or control character in its value; give 'Name: value'"),
    Mistake(
      "watch", "c", "--webhook-header", "Webhook-ID: hush",
      line: "--webhook-header has a name that rollcall sets itself; give another name"),
    Mistake(
      "watch", "c", "--interval", "whsec_hush",
      line: "invalid value for --interval: expected a duration from 100ms to 1h, such as 2s"),
  ]) func `an error never repeats a secret`(mistake: Mistake) {
    mistake.check()
    #expect(CommandLineProbe.error(mistake.arguments)?.line.contains("hush") == false)
  }

  @Test func `a secret in a variable is not repeated either`() {
    for (name, problem) in [
      ("ROLLCALL_WEBHOOK_URL", "is not a URL; begin it with https:// or http://, such as http://127.0.0.1:8787"),
      ("ROLLCALL_WEBHOOK_SECRET", "contains no signing secret; give whsec_ and the base64 of 24 to 64 random bytes"),
    ] {
      var environment = CommandLineProbe.account
      environment[name] = "hush"
      let error = CommandLineProbe.error(["watch", "c"], environment: environment)
      #expect(error?.line == "rollcall: \(name) \(problem)")
      #expect(error?.exit == .configuration)
    }
  }

  @Test func `a stored secret is not in its description`() throws {
    let url = try WebhookURL("https://h:8443/hush?hush", from: .option(WebhookOptions.webhook.name))
    let header = try WebhookHeader(argument: "Authorization:  Bearer hush \t")
    #expect(!"\(url) \(header)".contains("hush"))
    #expect(url.host == "h:8443")
    #expect(header.name == "Authorization")
    #expect(header.value.reveal() == "Bearer hush")
  }

  @Test func `a signing secret is whsec_ and the base64 of 24 to 64 bytes`() throws {
    let accepted = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    #expect(try SigningSecret(accepted, from: .file(WebhookOptions.secretFile.name)).secret == WebhookSecret(accepted))
    for refused in [
      "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_AAAA", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-w", "whsec_" + String(repeating: "A", count: 88),
    ] {
      #expect(throws: UsageError.self) { try SigningSecret(refused, from: .file(WebhookOptions.secretFile.name)) }
    }
  }
}
