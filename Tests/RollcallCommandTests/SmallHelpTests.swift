import Testing

@testable import rollcall

@Suite struct SmallHelpTests {
  @Test func `help for list shows its usage and options`() {
    #expect(
      HelpText.text(for: ListCommand.spec, width: 100) == """
        Usage: rollcall list <conference-sid> [options]

        Prints every participant in the list of a conference, from all pages. With --page, --page-size or
        --page-token it prints one page, and says on standard error how to get the next. rollcall diff
        compares two lists that were saved as ndjson.

        List:
          --muted true|false     only participants who are muted (true) or not (false)
          --hold true|false      only participants who are on hold (true) or not (false)
          --coaching true|false  only participants who are coaching (true) or not (false); Twilio only
          --page-size N          print one page, of up to N participants (1 to 1000; default: the
                                 provider's, 50 or 20)
          --page N               print this page, counted from 0; every page but the first also needs
                                 --page-token
          --page-token TOKEN     print the page with this token, such as PA…; the page before it gives the
                                 token
          --format text|ndjson   text: rows for people; ndjson: a line of JSON for each (default: text on a
                                 terminal, else ndjson)
          --names FILE           a file of names to show: on each line a sid, the beginning of one or an
                                 address, and a name

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

  @Test func `help for diff shows its usage and options`() {
    #expect(
      HelpText.text(for: DiffCommand.spec, width: 100) == """
        Usage: rollcall diff <before.json> <after.json>

        Reads two saved replies of the participant list, or two saved outputs of rollcall list --format
        ndjson, and writes the differences as events. One of the files may be - for standard input. If a
        list has several pages, put all of them into one file, one after the other. Needs no account and no
        network.

          -h, --help  show this text

        """)
  }

  @Test func `help for demo shows its usage and options`() {
    #expect(
      HelpText.text(for: DemoCommand.spec, width: 100) == """
        Usage: rollcall demo [--seconds N] [--format text|ndjson] [--webhook URL]

        Starts a simulated space on this machine and watches its conference over real HTTP.

        Demo:
          --seconds N           exit after N seconds; the conference lasts 14 s (1 to 600; default 20)
          --format text|ndjson  text: rows for people; ndjson: a line of JSON for each event (default: a
                                live board on a terminal, else ndjson)
          --webhook URL         also POST the events to this URL, such as that of rollcall listen

          -h, --help  show this text

        """)
  }

  @Test func `help for simulate shows its usage and options`() {
    #expect(
      HelpText.text(for: SimulateCommand.spec, width: 100) == """
        Usage: rollcall simulate [options]

        Serves a simulated provider on 127.0.0.1, to try out rollcall or a receiver. Needs no account.

        Simulation:
          --port N               the port to listen on; 0 chooses a free one (0 to 65535; default 0)
          --scenario NAME|FILE   the scenario to play: a built-in one or a file (default: quiet)
          --seed N               the same seed gives the same conference (default 1)
          --provider NAME        the provider to simulate: signalwire, twilio or telnyx (default signalwire)
          --status-callback URL  POST status callbacks to this URL, as the provider does
          --format json|env      print its account as a line of JSON, or as shell variables for eval
                                 (default json)

          -h, --help  show this text

        """)
  }

  @Test func `a usage that is too wide is broken between its parts`() {
    #expect(
      HelpText.text(for: TimelineCommand.spec, width: 80).hasPrefix(
        """
        Usage: rollcall timeline [--state FILE | events.ndjson | -] [options]
                 -o timeline.html

        """))
  }

  @Test func `help for timeline shows its usage and options`() {
    #expect(
      HelpText.text(for: TimelineCommand.spec, width: 100) == """
        Usage: rollcall timeline [--state FILE | events.ndjson | -] [options] -o timeline.html

        Draws a lane for each participant: when they were in the room, muted or on hold, and whom they
        coached. The page is one file without scripts. The events come from a state file, which a watch may
        be writing, or from saved output.

        Timeline:
          --state FILE       the state file of rollcall watch (default: ROLLCALL_STATE)
          --conference SID   only this conference (default: all)
          --call WHO         only this participant: a call sid or its beginning, a name, a label or an
                             address; repeatable
          --since TIME       only from this time on: 2026-11-23T09:43:00Z, 2026-11-23, '2026-11-23 09:43',
                             09:43, today or yesterday where you are, 1795427000, or 2h for two hours ago
          --until TIME       only up to this time
          --names FILE       a file of names to show: on each line a sid, the beginning of one or an
                             address, and a name
          -o, --output FILE  write the page to this file (default: standard output, if that is not a
                             terminal)

          -h, --help  show this text

        """)
  }

  @Test func `help for help shows its usage and options`() {
    #expect(
      HelpText.text(for: HelpCommand.spec, width: 100) == """
        Usage: rollcall help [command]
               rollcall help --man
               rollcall help --schema

        Lists the commands, or describes one of them and its options.

        Documents:
          --man     print the man page, for man -l -
          --schema  print the JSON Schema of the events

          -h, --help  show this text

        """)
  }

  @Test func `help for version shows its usage`() {
    #expect(
      HelpText.text(for: VersionCommand.spec, width: 100) == """
        Usage: rollcall version

        Shows the version of rollcall.

          -h, --help  show this text

        """)
  }
}
