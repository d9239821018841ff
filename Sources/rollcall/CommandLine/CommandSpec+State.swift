/// The commands that read what a watch keeps in its state file.
extension CommandSpec {
  static let events = CommandSpec(
    name: .events,
    summary: "show the history that a state file holds",
    usage: ["events [--state FILE] [options]"],
    details: [
      "Prints the events of a state file in their order, the very bytes that were delivered. The watch that writes the"
        + " file goes on meanwhile."
    ],
    groups: [
      OptionGroup(
        title: "History",
        options: [
          stateFile,
          .value(.type, "GLOB,…", "only these types of event, such as 'participant.*' or '!watch.*' (default: all)"),
          .call,
          .value(.conference, "SID", "only events of this conference"),
          .since, .until,
          .flag(.follow, "go on with new events as they are written"),
          .value(.format, "FORMAT", "table or ndjson (default: table on a terminal, else ndjson)"),
          .names,
        ])
    ])

  static let room = CommandSpec(
    name: .room,
    summary: "show who is in the room, now or then",
    usage: ["room [--state FILE] [options]"],
    details: [
      "Rebuilds the room from the events of a state file: who was in it after the last event, or after the last one before"
        + " the time given."
    ],
    groups: [
      OptionGroup(
        title: "Room",
        options: [
          stateFile,
          .value(.conference, "SID", "only this conference (default: all)"),
          .value(.at, "TIME", "how it was then: \(Moment.examples)"),
          .value(.format, "FORMAT", "table or ndjson (default: table on a terminal, else ndjson)"),
          .names,
        ])
    ])

  static let timeline = CommandSpec(
    name: .timeline,
    summary: "draw what happened in a conference as an HTML page",
    usage: ["timeline [--state FILE | events.ndjson | -] [options] -o timeline.html"],
    details: [
      "Draws a lane for each person: when they were in the room, muted, on hold, and whom they coached. The page needs"
        + " nothing else, and no scripts; it reads a state file beside the watch that writes it, or saved events."
    ],
    groups: [
      OptionGroup(
        title: "Timeline",
        options: [stateFile] + part + [
          .names,
          .value(
            .output, short: "o", "FILE", "write the page there (default: standard output, if that is no terminal)"),
        ])
    ])

  static let report = CommandSpec(
    name: .report,
    summary: "count how long everybody was in the room, muted, on hold",
    usage: ["report [--state FILE | events.ndjson | -] [options]"],
    details: [
      "Prints for each conference its length, its peak and average of people, and for each person how long they were in the"
        + " room, muted, on hold and coaching. What goes on at the end counts until the last event."
    ],
    groups: [
      OptionGroup(
        title: "Report",
        options: [stateFile] + part + [
          .names,
          .value(.format, "table|json|csv", "how to print it (default: table on a terminal, else json)"),
        ])
    ])

  static let resend = CommandSpec(
    name: .resend,
    summary: "post events of a state file to a webhook once more",
    usage: ["resend [--state FILE] --webhook URL --dead-letters | --id ID | --since TIME"],
    details: [
      "Posts events with the same ids and bytes, in their order, one at a time, each for up to 60 s. A receiver that"
        + " remembers ids passes over those that it has. A dead letter that is taken is removed from the file, for which a"
        + " running watch waits some milliseconds. A chat service gets a message for each, one a second."
    ],
    groups: [
      OptionGroup(
        title: "Events",
        options: [
          stateFile,
          .flag(.deadLetters, "those that a watch has given up for this webhook"),
          .value(.id, "ID", "the one of this id"),
          .value(.since, "TIME", "all from then on: \(Moment.examples)"),
        ]),
      OptionGroup(
        title: "Webhook",
        options: [
          .value(.webhook, "URL", "POST the events there (default: ROLLCALL_WEBHOOK_URL)"),
          .value(.webhookFile, "FILE", "a file that holds such a URL"),
          .value(.targets, "FILE", "the JSON file of rollcall watch --targets, instead of a URL"),
          .value(.target, "NAME", "which target of that file, where it has several"),
        ] + signing + [caFile]),
      .logs,
    ])

  static let check = CommandSpec(
    name: .check,
    summary: "say whether a watch would find everything in order",
    usage: ["check [conference-sid] [options]"],
    details: [
      "Prints a line each for the credentials and the space, the clock, the conference, the webhooks and the state file."
        + " Webhooks get one signed POST that is no event: its type is watch.test and its sequence 0."
    ],
    groups: [
      OptionGroup(
        title: "Webhooks and state",
        options: [
          .value(.webhook, "URL", repeatable: true, "POST a test there; repeatable (default: ROLLCALL_WEBHOOK_URL)"),
          .value(.webhookFile, "FILE", repeatable: true, "a file that holds such a URL; repeatable"),
          .value(.targets, "FILE", "test all targets of this JSON file too"),
        ] + signing + [stateFile]),
      .account,
    ])

  static let completions = CommandSpec(
    name: .completions, summary: "write the completions of a shell", usage: ["completions bash|zsh|fish"],
    details: [
      "Prints a script for the shell: source <(rollcall completions bash), or the same with zsh;"
        + " rollcall completions fish | source."
    ], groups: [])

  private static let signing: [OptionSpec] = [
    .value(
      .webhookSecretFile, "FILE", repeatable: true,
      "a file that holds a whsec_… secret to sign with; repeatable (default: ROLLCALL_WEBHOOK_SECRET)"),
    .value(.webhookHubSecretFile, "FILE", "a file that holds the secret of X-Hub-Signature-256"),
    .value(.webhookHeader, "'NAME: VALUE'", repeatable: true, "send this header too; repeatable"),
    .webhookTimeout, .webhookFormat, .names,
  ]
  private static let part: [OptionSpec] = [
    .value(.conference, "SID", "only this conference (default: all)"),
    .since, .until,
    .value(
      .call, "WHO", repeatable: true,
      "only this person: a call sid or its beginning, a name, a label or an address; repeatable"),
  ]
  private static let caFile = OptionSpec.value(.caFile, "FILE", "trust the certificates in this PEM file too")
  private static let stateFile = OptionSpec.value(
    .state, "FILE", "the file of rollcall watch --state (default: ROLLCALL_STATE)")
}
