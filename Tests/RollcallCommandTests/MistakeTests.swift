import Testing

@testable import rollcall

/// A command line and the error line about it, without `rollcall: `.
struct Mistake: Sendable, CustomTestStringConvertible {
  let arguments: [String]
  let line: String
  let exit: ExitStatus

  init(_ arguments: String..., line: String, exit: ExitStatus = .usage) {
    self.arguments = arguments
    self.line = line
    self.exit = exit
  }

  var testDescription: String { arguments.joined(separator: " ") }

  func check() {
    let error = CommandLineProbe.error(arguments)
    #expect(error?.line == "rollcall: " + line)
    #expect(error?.exit == exit)
  }
}

@Suite struct MistakeTests {
  private static func emptyGlob(_ option: String) -> String {
    "\(option) has an empty pattern; give a pattern such as 'participant.*' or '!watch.*'"
  }
  private static func noField(_ text: String) -> String {
    "invalid value \"\(text)\" for --only-changes-of: expected muted, hold, coaching, status, start_conference_on_enter,"
      + " end_conference_on_exit or label"
  }

  @Test(arguments: [
    Mistake("xyzzy", line: #"there is no command "xyzzy"; rollcall help shows all"#),
    Mistake("PTA-meeting", line: "there is no command of that name; rollcall help shows all"),
    Mistake("wacth", line: #"there is no command "wacth"; did you mean watch?"#),
    Mistake("-v", "watch", line: "options come after the command; give rollcall COMMAND [options]"),
    Mistake("--hlep", line: "options come after the command; did you mean --help?"),
    Mistake("--verison", line: "options come after the command; did you mean --version?"),
    Mistake("--health", "9090", "watch", line: "options come after the command; give rollcall COMMAND [options]"),
    Mistake("--hold", "true", "list", "c", line: "options come after the command; give rollcall COMMAND [options]"),
    Mistake("help", "lists", line: #"there is no command "lists"; did you mean list?"#),
    Mistake(
      "help", "list", "diff", line: "help takes one command, --man or --schema; give rollcall help [command]"),
    Mistake(
      "list", "--name", "x",
      line: "list has no option \"--name\"; rollcall conferences --name NAME shows the sids of conferences"),
    Mistake("version", "x", line: "version does not take \"x\"; rollcall help version shows what it takes"),
    Mistake("demo", "x", line: "demo does not take \"x\"; rollcall help demo shows what it takes"),
    Mistake("watch", line: "watch needs a conference; give rollcall watch <conference-sid>…, --name NAME or --all"),
    Mistake(
      "watch", "--", line: "watch needs a conference; give rollcall watch <conference-sid>…, --name NAME or --all"),
    Mistake(
      "watch", "a/b",
      line: #"invalid conference sid "a/b": expected 1 to 128 of A-Z a-z 0-9 : _ . -; rollcall conferences shows them"#),
    Mistake(
      "watch", "..",
      line: #"invalid conference sid "..": expected 1 to 128 of A-Z a-z 0-9 : _ . -; rollcall conferences shows them"#),
    Mistake(
      "watch", "",
      line: #"invalid conference sid "": expected 1 to 128 of A-Z a-z 0-9 : _ . -; rollcall conferences shows them"#),
    Mistake(
      "watch", "a\u{1B}[2J",
      line: #"invalid conference sid "a\u{1B}[2J": expected 1 to 128 of A-Z a-z 0-9 : _ . -"#
        + "; rollcall conferences shows them"),
    Mistake(
      "watch", "c", "https://h/hush",
      line: "a URL is not a conference sid; give the sid alone, and a webhook with --webhook URL"),
    Mistake("watch", "c", "--name", "n", line: "watch takes either --name or a conference sid; give one of them"),
    Mistake("watch", "c", "--all", line: "watch takes either --all or a conference sid; give one of them"),
    Mistake("watch", "--all", "--name", "n", line: "watch takes either --name or --all; give one of them"),
    Mistake(
      "watch", "c", "--shard", "0/2",
      line: "--shard has no effect with conference sids; use it with --all or --name 'GLOB'"),
    Mistake(
      "watch", "--all", "--shard", "3/2",
      line: #"invalid value "3/2" for --shard: expected 0/2 to 1/2, as shards count from 0"#),
    Mistake("watch", "--all", "--shard", "0/0", line: #"invalid value "0/0" for --shard: expected 1 to 1024 shards"#),
    Mistake(
      "watch", "--all", "--shard", "1",
      line: #"invalid value "1" for --shard: expected K/N, such as 0/3 for the first of three shards"#),
    Mistake(
      "watch", "--all", "--max-requests-per-second", "0",
      line: #"invalid value "0" for --max-requests-per-second: expected a whole number from 1 to 10000"#),
    Mistake("watch", "c", "--intervall", "2s", line: #"watch has no option "--intervall"; did you mean --interval?"#),
    Mistake("watch", "c", "--muted", "true", line: #"watch has no option "--muted"; rollcall help watch shows all"#),
    Mistake("watch", "c", "--duration", "1h", line: #"watch has no option "--duration"; did you mean --for?"#),
    Mistake("report", "-o", "r.txt", line: #"report has no option "-o"; redirect its standard output: > FILE"#),
    Mistake("watch", "c", "-x=hush", line: #"watch has no option "-x"; rollcall help watch shows all"#),
    Mistake("diff", "a", "b", "--once", line: #"diff has no option "--once"; rollcall help diff shows all"#),
  ]) func `the error about an inconsistent command line says what to do`(mistake: Mistake) {
    mistake.check()
  }

  @Test(arguments: [
    Mistake("watch", "c", "--interval", line: "--interval needs a value; give --interval DURATION"),
    Mistake("watch", "c", "--interval=", line: "--interval needs a value; give --interval DURATION"),
    Mistake("watch", "c", "--interval", "--once", line: "--interval needs a value; give --interval DURATION"),
    Mistake("watch", "c", "--interval", "-q", line: "--interval needs a value; give --interval DURATION"),
    Mistake("watch", "c", "--once=true", line: "--once takes no value; give --once alone"),
    Mistake("watch", "c", "-q", "--quiet", line: "--quiet is given twice; give it once"),
    Mistake(
      "watch", "c", "--interval=1s", "--interval", "2s", line: "--interval is given twice; give it once"),
    Mistake("watch", "c", "-q", "-v", line: "--quiet and --verbose contradict each other; give one of them"),
    Mistake("watch", "c", "--once", "--for", "1s", line: "--once and --for contradict each other; give one of them"),
    Mistake(
      "watch", "c", "--discovery-interval", "5s",
      line: "--discovery-interval has no effect with conference sids; use it with --all or --name NAME"),
    Mistake(
      "watch", "c", "--redact", "from,to",
      line:
        "--redact has no effect: only --enrich adds these fields to events; give --enrich too, or leave --redact out"),
    Mistake(
      "watch", "c", "--alert", "held:2m",
      line: #"invalid value "held:2m" for --alert: expected a known condition; did you mean hold?"#),
    Mistake(
      "watch", "c", "--alert", "idle:2m",
      line: #"invalid value "idle:2m" for --alert: expected hold, muted, coaching, alone, empty or people before the"#
        + " colon"),
    Mistake(
      "watch", "c", "--alert", "hold:0s",
      line: #"invalid value "hold:0s" for --alert: expected a duration from 1s to 24h, as in hold:2m"#),
    // A shell turns hold>2m into this.
    Mistake(
      "watch", "c", "--alert", "hold",
      line: #"invalid value "hold" for --alert: expected a duration after it, as in hold:2m"#),
    Mistake(
      "watch", "c", "--alert", "people:1m",
      line: #"invalid value "people:1m" for --alert: expected a number of participants and a duration, as in"#
        + " people:10:1m"),
    Mistake(
      "watch", "c", "--alert", "people:abc:1m",
      line: #"invalid value "people:abc:1m" for --alert: expected a number of participants from 1 to 20000, as in"#
        + " people:10:1m"),
    Mistake(
      "watch", "c", "--alert", "hold:2m:1",
      line: #"invalid value "hold:2m:1" for --alert: expected nothing after the duration, as in hold:2m"#),
    Mistake(
      "watch", "c", "--alert", "hold:2m", "--alert", "hold:2m", line: #"--alert "hold:2m" is given twice; give it once"#
    ),
    Mistake(
      "watch", "c", "--alert", "hold:2m", "--alert", "hold:120s",
      line: #"--alert "hold:120s" means the same as "hold:2m"; give it once"#),
    Mistake(
      "watch", "c", "--once", "--alert", "hold:2m", line: "--alert and --once contradict each other; give one of them"),
    Mistake(
      "watch", "c", "--events", "alert.*",
      line: "--events allows only alerts, and there is no --alert; give one, such as --alert hold:2m"),
    Mistake(
      "watch", "c", "--alert", "hold:2m", "--events", "participant.*",
      line: "--alert has no effect: --events excludes alerts; leave one of them out"),
    Mistake(
      "watch", "c", "--no-stdout", "--state", "s", "--call", "a",
      line: "--call has no effect: a state file always keeps all events; leave it out, or give --webhook URL"),
    Mistake(
      "watch", "c", "--webhook", "https://h/", "--names", "n",
      line:
        "--names has no effect: nothing shows names; give --format text, --live, --targets FILE or a webhook for chat; --enrich records addresses for later"
    ),
    Mistake(
      "check", "--webhook", "https://h/", "--names", "n",
      line: "--names has no effect: nothing shows names; give a webhook for chat or --targets FILE too"),
    Mistake(
      "watch", "c", "--no-stdout",
      line: "--no-stdout leaves nowhere to write events; give --webhook URL or --state FILE too"),
    Mistake(
      "watch", "c", "--webhook-max-age=1h",
      line: "--webhook-max-age has no effect without a webhook; give --webhook URL too"),
    Mistake(
      "watch", "c", "--webhook-timeout=5s",
      line: "--webhook-timeout has no effect without a webhook; give --webhook URL too"),
    Mistake(
      "watch", "c", "--targets", "f", "--webhook-format=rollcall",
      line: "--webhook-format has no effect without a webhook; give --webhook URL too"),
  ]) func `the error about a wrong option says what to do`(mistake: Mistake) {
    mistake.check()
  }

  @Test(arguments: [
    Mistake(
      "watch", "c", "--interval", "99ms",
      line: #"invalid value "99ms" for --interval: expected a duration from 100ms to 1h, such as 2s"#),
    Mistake(
      "watch", "c", "--interval", "61m",
      line: #"invalid value "61m" for --interval: expected a duration from 100ms to 1h, such as 2s"#),
    Mistake(
      "watch", "c", "--interval", "2",
      line: #"invalid value "2" for --interval: expected a duration from 100ms to 1h, such as 2s"#),
    Mistake(
      "watch", "c", "--heartbeat", "-1s",
      line: #"invalid value "-1s" for --heartbeat: expected a duration from 1s to 24h, such as 2s"#),
    Mistake(
      "watch", "c", "--webhook", "https://h/", "--webhook-timeout", "0s",
      line: #"invalid value "0s" for --webhook-timeout: expected a duration from 1s to 1m, such as 2s"#),
    Mistake(
      "check", "--webhook", "https://h/", "--webhook-timeout", "61s",
      line: #"invalid value "61s" for --webhook-timeout: expected a duration from 1s to 1m, such as 2s"#),
    Mistake(
      "watch", "c", "--confirm-left", "ask", line: #"invalid value "ask" for --confirm-left: expected get or none"#),
    Mistake(
      "watch", "c", "--webhook", "https://h/", "--webhook-format=json",
      line:
        #"invalid value "json" for --webhook-format: expected rollcall, cloudevents, slack, discord, mattermost or teams"#
    ),
    Mistake(
      "watch", "c", "--names", "n",
      line:
        "--names has no effect: nothing shows names; give --format text, --live, --targets FILE or a webhook for chat; --enrich records addresses for later"
    ),
    Mistake(
      "list", "c", "--names", "n", line: "--names has no effect: nothing shows names; give --format text too"),
    Mistake(
      "events", "--state", "s", "--format=ndjson", "--names", "n",
      line: "--names has no effect: nothing shows names; give --format text too"),
    Mistake(
      "watch", "c", "--webhook", "https://h/", "--webhook-format=teams", "--webhook-hub-secret-file", "s",
      line: "--webhook-hub-secret-file has no effect: teams messages are not signed; leave it out"),
    Mistake("watch", "c", "--log-format=xml", line: #"invalid value "xml" for --log-format: expected text or json"#),
    Mistake(
      "watch", "c", "--events", "participant.*,participant.jioned",
      line: #"--events "participant.jioned" matches no event; did you mean participant.joined?"#),
    Mistake(
      "watch", "c", "--events", "muteed",
      line: #"--events "muteed" matches no event; did you mean participant.muted?"#),
    Mistake(
      "watch", "c", "--events", "*,!participant.jioned",
      line: #"--events "!participant.jioned" matches no event; did you mean !participant.joined?"#),
    Mistake(
      "watch", "c", "--events", "!muteed",
      line: #"--events "!muteed" matches no event; did you mean !participant.muted?"#),
    Mistake(
      "watch", "c", "--events", "!!watch.*",
      line: #"--events "!!watch.*" matches no event; did you mean !watch.*?"#),
    Mistake(
      "watch", "c", "--events", "particpant.*",
      line: #"--events "particpant.*" matches no event; did you mean participant.*?"#),
    Mistake(
      "watch", "c", "--events", "zzzzz",
      line: #"--events "zzzzz" matches no event; give a pattern such as 'participant.*' or '!watch.*'"#),
    Mistake("watch", "c", "--events", "*,", line: emptyGlob("--events")),
    Mistake("watch", "c", "--events", " ", line: emptyGlob("--events")),
    Mistake("watch", "c", "--events", "*,!", line: emptyGlob("--events")),
    Mistake("events", "--state", "f", "--type", "!", line: emptyGlob("--type")),
    Mistake(
      "watch", "c", "--events", "watch.*,!*",
      line: #"--events "watch.*,!*" excludes all events; give a pattern such as 'participant.*' or '!watch.*'"#),
    Mistake(
      "events", "--state", "f", "--type", "!*",
      line: #"--type "!*" excludes all events; give a pattern such as 'participant.*' or '!watch.*'"#),
    Mistake(
      "watch", "c", "--call", "a/b",
      line: #"invalid value "a/b" for --call: expected a call sid or an address such as +12025550101"#),
    Mistake(
      "watch", "c", "--call", "a", "--call", " ",
      line: #"invalid value " " for --call: expected a call sid or an address such as +12025550101"#),
    Mistake(
      "events", "--state", "f", "--call", "a,b",
      line: #"invalid value "a,b" for --call: expected a call sid or an address such as +12025550101"#),
    Mistake("watch", "c", "--only-changes-of", "held", line: noField("held")),
    Mistake("watch", "c", "--only-changes-of", "hold,,coaching", line: noField("")),
    Mistake(
      "watch", "c", "--call", "12025550101",
      line: #"invalid value "12025550101" for --call: expected a call sid or an address such as +12025550101"#),
    Mistake(
      "watch", "c", "--call", "+1202", "--redact", "from",
      line: #"invalid value "+1202" for --call: expected a call sid or an address such as +12025550101"#),
    Mistake(
      "watch", "c", "--call", "sip:a@b.c", "--redact", "from",
      line: "--call has an address, but --redact hides addresses; give sids, or redact neither from, to nor direction"),
    Mistake("watch", "c", "--call=", line: "--call needs a value; give --call WHO"),
    Mistake("watch", "c", "--only-changes-of", "call_sid_to_coach", line: noField("call_sid_to_coach")),
    Mistake(
      "watch", "c", "--events", "participant.joined,participant.muted", "--only-changes-of", "hold",
      line: "--events and --only-changes-of together exclude all events; leave one of them out"),
    Mistake(
      "events", "--state", "f", "--only-changes-of", "hold",
      line: #"events has no option "--only-changes-of"; rollcall help events shows all"#),
    Mistake("list", line: "list needs one conference; give rollcall list <conference-sid>"),
    Mistake("list", "a", "b", line: "list needs one conference; give rollcall list <conference-sid>"),
    Mistake("list", "c", "--muted", "yes", line: #"invalid value "yes" for --muted: expected true or false"#),
    Mistake(
      "list", "c", "--page-size", "0",
      line: #"invalid value "0" for --page-size: expected a whole number from 1 to 1000"#),
    Mistake(
      "list", "c", "--page-size=1001",
      line: #"invalid value "1001" for --page-size: expected a whole number from 1 to 1000"#),
    Mistake(
      "list", "c", "--page", "-1", line: #"invalid value "-1" for --page: expected a whole number from 0 to 2147483647"#
    ),
    Mistake(
      "list", "c", "--page-token", "PC1",
      line:
        #"invalid value "PC1" for --page-token: expected a token of up to 512 printable ASCII characters that starts with PA or PB"#
    ),
    Mistake("list", "c", "--format=table", line: #"invalid value "table" for --format: expected text or ndjson"#),
    Mistake("diff", "a", line: "diff needs two saved replies; give rollcall diff <before.json> <after.json>"),
    Mistake("diff", "-", "-", line: "both files are standard input; give - for one of them"),
    Mistake("demo", "--seconds", "0", line: #"invalid value "0" for --seconds: expected a whole number from 1 to 600"#),
    Mistake(
      "demo", "--seconds", "601", line: #"invalid value "601" for --seconds: expected a whole number from 1 to 600"#),
    Mistake(
      "simulate", "--port", "65536", line: #"invalid value "65536" for --port: expected a whole number from 0 to 65535"#
    ),
    Mistake(
      "simulate", "--port", "+1", line: #"invalid value "+1" for --port: expected a whole number from 0 to 65535"#),
  ]) func `the error about a value out of bounds gives the bounds`(mistake: Mistake) {
    mistake.check()
  }
}
