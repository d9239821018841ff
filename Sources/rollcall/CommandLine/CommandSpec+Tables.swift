extension CommandSpec {
  static let list = CommandSpec(
    name: .list,
    summary: "show who is in a conference, once",
    usage: ["list <conference-sid> [options]"],
    details: [
      "Prints everybody in the participant list of a conference, all pages of it. With --page, --page-size or --page-token"
        + " it prints that page, and says on standard error how to get the next. What it writes as ndjson can be given to"
        + " rollcall diff."
    ],
    groups: [
      OptionGroup(
        title: "List",
        options: [
          .value(.muted, "BOOL", "only those who are muted (true) or not (false)"),
          .value(.hold, "BOOL", "only those who are on hold (true) or not (false)"),
          .value(.coaching, "BOOL", "only those who coach (true) or do not (false); Twilio only"),
          .value(.pageSize, "N", "one page of N people, 1 to 1000 (the provider's default: 50, Telnyx 20)"),
          .value(.page, "N", "one page, counted from 0; all but the first need their token too"),
          .value(.pageToken, "TOKEN", "one page by its token, such as PA…, which comes with the page before it"),
          .value(.format, "FORMAT", "table or ndjson (default: table on a terminal, else ndjson)"),
          .names,
        ]),
      .account, .logs,
    ])

  static let diff = CommandSpec(
    name: .diff,
    summary: "compare two saved lists, offline",
    usage: ["diff <before.json> <after.json>"],
    details: [
      "Reads two saved replies of the participant list, or two saved outputs of rollcall list --format ndjson, and writes"
        + " what changed as events. One of the two may be -, which is standard input. A list of several pages is a file with"
        + " all of them, one after the other. Needs no account and no network."
    ],
    groups: [])

  static let demo = CommandSpec(
    name: .demo,
    summary: "watch a simulated conference; needs no account",
    usage: ["demo [--seconds N] [--format ndjson|text]"],
    details: ["Starts a simulated space on this machine and watches its conference over real HTTP."],
    groups: [
      OptionGroup(
        title: "Demo",
        options: [
          .value(.seconds, "N", "leave after N seconds, 1 to 600 (default 20; the conference lasts 14 s)"),
          .value(
            .format, "ndjson|text", "how events are written (default: a live board on a terminal, else ndjson)"),
        ])
    ])

  static let simulate = CommandSpec(
    name: .simulate,
    summary: "run the simulated space alone",
    usage: ["simulate [--port N] [--scenario NAME|FILE] [--seed N] [--provider NAME]"],
    details: ["Serves a simulated space on 127.0.0.1, to try rollcall or a receiver against. Needs no account."],
    groups: [
      OptionGroup(
        title: "Simulation",
        options: [
          .value(.port, "N", "the port to listen on, 0 to 65535 (default 0: any that is free)"),
          .value(.scenario, "NAME|FILE", "what happens in the conference"),
          .value(.seed, "N", "equal seeds give equal conferences"),
          .value(.provider, "NAME", "whose API is spoken: signalwire, twilio or telnyx (default signalwire)"),
        ])
    ])

  static let listen = CommandSpec(
    name: .listen,
    summary: "receive webhooks, verify them and print the events",
    usage: ["listen [--port N] [--secret-file F]"],
    details: [
      "Takes deliveries on 127.0.0.1, as a webhook's receiver should: it refuses what is not signed, passes over what it"
        + " has had, says where an event is missing, and prints each event once."
    ],
    groups: [
      OptionGroup(
        title: "Receiver",
        options: [
          .value(.port, "N", "the port to listen on, 0 for any that is free (default 8787)"),
          .value(
            .secretFile, "FILE", repeatable: true,
            "a file that holds a whsec_… secret to verify with; repeatable (default: ROLLCALL_WEBHOOK_SECRET)"),
        ])
    ])

  static let secret = CommandSpec(
    name: .secret, summary: "make a new secret to sign webhooks with", usage: ["secret"],
    details: ["Prints whsec_ and the base64 of 32 random bytes."], groups: [])

  static let help = CommandSpec(
    name: .help, summary: "show this text, or that of a command",
    usage: ["help [command]", "help --man", "help --schema"],
    details: ["Shows what rollcall can do, or what a command takes."],
    groups: [
      OptionGroup(
        title: "Documents",
        options: [
          .flag(.man, "the man page, for man -l -"),
          .flag(.schema, "the JSON Schema of the events"),
        ])
    ])

  static let version = CommandSpec(
    name: .version, summary: "show the version", usage: ["version"], details: ["Shows the version of rollcall."],
    groups: [])
}

extension OptionGroup {
  /// For the commands that ask a space.
  static let account = OptionGroup(
    title: "Account",
    options: [
      .value(.space, "SPACE", "example, example.signalwire.com or an origin (default: SIGNALWIRE_SPACE)"),
      .value(
        .provider, "NAME",
        "signalwire, twilio or telnyx, with that one's own variables (default: the space's)"),
      .value(.project, "ID", "the project id or account sid (default: SIGNALWIRE_PROJECT_ID)"),
      .value(.tokenFile, "FILE", "a file that holds the API token (default: SIGNALWIRE_API_TOKEN)"),
      .value(.caFile, "FILE", "trust the certificates in this PEM file too"),
    ])

  static let logs = OptionGroup(
    title: "Logs, on standard error",
    options: [
      .value(.logFormat, "FORMAT", "text or json (default text)"),
      .flag(.quiet, short: "q", "errors only"),
      .flag(.verbose, short: "v", "more than usual"),
    ])
}
