import Testing

@testable import rollcall

@Suite struct HelpTests {
  @Test func `help alone lists the commands`() {
    #expect(
      HelpText.overview(width: 100) == """
        Usage: rollcall <command> [options]

        Watches conferences at SignalWire, Twilio or Telnyx: who joined, left, was muted, held or coached.

        Commands:
          watch        watch conferences and report what changes
          conferences  list the conferences of the account
          list         list who is in a conference, once
          diff         compare two saved lists, offline
          demo         watch a simulated conference; needs no account
          simulate     run a simulated provider
          listen       receive webhooks, verify them and print the events
          events       print the history in a state file
          room         show who is, or was, in the room
          timeline     draw what happened in a conference as an HTML page
          report       report how long each participant was in the room, muted and on hold
          resend       send events of a state file to a webhook again
          check        test account, network, webhooks and state file
          secret       make a secret to sign webhooks with
          help         show the help of rollcall or of a command
          version      show the version
          completions  print shell completions

        rollcall help <command> shows the options of a command.

        """)
  }

  @Test func `rollcall without a command shows what to try`() throws {
    #expect(
      try CommandLineProbe.command(HelpCommand.self, "", environment: [:]).text == """
        rollcall watches telephone conferences and reports what changes in them: who
        joined, left, was muted or put on hold, and who is coaching whom.

        Three commands to try:
          rollcall demo              a simulated conference, live; needs no account
          rollcall check             tests your account and says what is missing
          rollcall watch SID --live  a real conference; without --live, as events

        rollcall help lists all commands.

        """)
  }

  @Test func `help for watch shows its usage and options`() {
    #expect(
      HelpText.text(for: WatchCommand.spec, width: 100) == """
        Usage: rollcall watch <conference-sid>… [options]
               rollcall watch --name NAME [options]
               rollcall watch --all [options]

        Polls the participant list of each conference and writes each change as an event: a line of JSON on
        standard output, and a POST to each webhook. --format text writes rows for people instead, and
        --live draws a board; events shown there count as delivered to standard output.

        Conferences:
          --name NAME                    conferences whose friendly name is NAME; * and ? are wildcards
          --all                          all conferences of the account, including new ones
          --discovery-interval DURATION  time between searches for new conferences (1s to 1h; default 5s)
          --shard K/N                    watch only part K of N of the conferences; K counts from 0 (N up to
                                         1024)
          --interval DURATION            time between polls (100ms to 1h; default 2s)
          --max-requests-per-second N    maximum requests per second to the space (1 to 10000; default 50)
          --once                         scan each conference once, write the events, and exit
          --for DURATION                 exit after this time (100ms to 8760h)
          --wait                         wait for a conference that does not exist yet
          --confirm-left get|none        get: ask for each absent participant before reporting them as left;
                                         none: trust the list (default get)
          --enrich                       look up each participant's call once, and add its from, to and
                                         direction
          --callbacks [ADDRESS:]PORT     accept status callbacks as hints to poll at once, on 127.0.0.1
                                         unless an address is given
          --callback-token-file FILE     a file that holds the TOKEN in the URL of callbacks,
                                         /callbacks/TOKEN

        Events:
          --events GLOB,…            only events of these types, such as 'participant.*' or '!watch.*'
                                     (default: all)
          --call WHO                 limit participant events to those of this call, by its sid or an
                                     address such as +12025550101, and to others coaching that sid;
                                     repeatable
          --only-changes-of FIELD,…  limit participant events to changes of these fields: muted, hold,
                                     coaching, status, start_conference_on_enter, end_conference_on_exit,
                                     label
          --alert CONDITION          raise an alert once this has lasted for D: hold:D, muted:D, coaching:D,
                                     alone:D, empty:D or people:N:D; repeatable
          --redact FIELD,…           replace the values of these fields with tokens: call_sid, label,
                                     account_sid, friendly_name, from, to, direction
          --redact-key-file FILE     a file that holds the key for the tokens (default: a random one for
                                     each stream)
          --heartbeat DURATION       write a watch.heartbeat event at this interval (1s to 24h)
          --health [ADDRESS:]PORT    serve /healthz, /readyz and /metrics, on 127.0.0.1 unless an address is
                                     given
          --format text|ndjson       text: rows for people; ndjson: a line of JSON for each event (default:
                                     ndjson)
          --live                     draw a board of the rooms and the latest events; without a terminal,
                                     write text
          --names FILE               a file of names to show: on each line a sid, the beginning of one or an
                                     address, and a name
          --no-stdout                do not write events to standard output

        Webhooks:
          --webhook URL                   POST events to this URL; repeatable (default:
                                          ROLLCALL_WEBHOOK_URL)
          --webhook-file FILE             a file that holds the URL of a webhook; repeatable
          --webhook-secret-file FILE      a file that holds a whsec_… secret to sign with; repeatable
                                          (default: ROLLCALL_WEBHOOK_SECRET)
          --webhook-hub-secret-file FILE  a file that holds the secret of X-Hub-Signature-256
          --webhook-header 'NAME: VALUE'  add this header to each POST; repeatable
          --webhook-timeout DURATION      maximum time for one attempt (1s to 1m; default 15s)
          --webhook-format FORMAT         the format of the bodies: rollcall, cloudevents, slack, discord,
                                          mattermost or teams (default rollcall)
          --webhook-max-age DURATION      give up on events this old (1s to 720h; default: 1h, with --state
                                          72h, for chat 10m)
          --targets FILE                  a JSON file of webhooks, each with its own name, format, filter,
                                          secrets and headers

        State:
          --state FILE     keep events and rooms in this file across restarts (default: ROLLCALL_STATE)
          --keep DURATION  how long delivered events are kept in the state file (1h to 87600h; default 720h)

        Account:
          --space SPACE      the space: example, example.signalwire.com or an origin (default:
                             SIGNALWIRE_SPACE)
          --provider NAME    the provider whose API and variables to use: signalwire, twilio or telnyx
                             (default: the space's)
          --project ID       the project id or account sid (default: SIGNALWIRE_PROJECT_ID)
          --token-file FILE  a file that holds the API token (default: SIGNALWIRE_API_TOKEN)
          --ca-file FILE     also trust the certificates in this PEM file

        Logs, on standard error:
          --log-format text|json  the format of log lines (default text)
          -q, --quiet             log errors only
          -v, --verbose           log more details

          -h, --help  show this text

        """)
  }

  @Test(arguments: ["help"] + Commands.all.map { "help \($0.spec.name)" })
  func `no line of help is too wide, ends in spaces, or is unsafe on a terminal`(line: String) throws {
    let text = try CommandLineProbe.command(HelpCommand.self, line, environment: [:]).text
    #expect(text.hasSuffix("\n") && !text.hasSuffix("\n\n"))
    for line in text.split(separator: "\n") {
      #expect(line.count <= HelpText.usualWidth)
      #expect(line.last != " ")
      #expect(TerminalText.sanitised(String(line)) == line)
    }
  }

  @Test(arguments: [(20, 60), (60, 60), (72, 72), (80, 80), (100, 100), (300, 100), (nil, 80)])
  func `help is as wide as the window, within bounds`(columns: Int?, width: Int) throws {
    #expect(HelpText.width(in: columns) == width)
    let texts = Commands.all.map { HelpText.text(for: $0.spec, width: width) }
    let lines = (texts + [HelpText.overview(width: width)]).flatMap { $0.split(separator: "\n") }
    #expect(lines.allSatisfy { $0.count <= width })
    #expect(lines.contains { $0.count > width - 5 })
  }

  @Test(arguments: Commands.all.map { $0.spec })
  func `help for a command lists each of its options once`(spec: CommandSpec) {
    let lines = HelpText.text(for: spec, width: 100).split(separator: "\n")
    for option in spec.options {
      #expect(lines.count { $0.hasPrefix("  \(option.usage) ") } == 1)
    }
  }
}
