import RollcallCore

extension CommandSpec {
  static let watch = CommandSpec(
    name: .watch,
    summary: "watch conferences and emit what changes",
    usage: ["watch <conference-sid>… [options]", "watch --name NAME [options]", "watch --all [options]"],
    details: [
      "Polls the participant list of each conference and writes what changed as events: a line of JSON each on standard"
        + " output, and POSTs to webhooks. With --format text people get rows, with --live a board, which counts as delivery"
        + " to standard output like any line."
    ],
    groups: [schedule, output, webhooks, state, .account, .logs])

  private static let state = OptionGroup(
    title: "State",
    options: [
      .value(.state, "FILE", "keep the stream in this file, across restarts (default: ROLLCALL_STATE)"),
      .value(.keep, "DURATION", "keep delivered events in it for so long, 1h to 87600h (default 720h)"),
    ])

  private static let schedule = OptionGroup(
    title: "Conferences",
    options: [
      .value(.name, "NAME", "the conference of this friendly name; * and ? match many"),
      .flag(.all, "all conferences of the project, new ones included"),
      .value(.discoveryInterval, "DURATION", "time between looks for new ones, 1s to 1h (default 5s)"),
      .value(.shard, "K/N", "only the part of them that falls to K of 0 to N - 1"),
      .value(.interval, "DURATION", "time between polls, 100ms to 1h (default 2s)"),
      .value(.requests, "N", "requests to the space at the most, 1 to 10000 (default 50)"),
      .flag(.once, "look once, write what is there, and leave"),
      .value(.duration, "DURATION", "leave after this time"),
      .flag(.wait, "wait for a conference that is not there yet"),
      .value(.confirmLeft, "HOW", "get asks for everybody who is gone, none trusts the list"),
      .flag(.enrich, "ask once for each person's call: from whom, to whom, which way"),
    ])

  private static let output = OptionGroup(
    title: "Events",
    options: [
      .value(.events, "GLOB,…", "only these types of event, such as 'participant.*' or '!watch.*' (default: all)"),
      .call,
      .value(.onlyChangesOf, "FIELD,…", "of events about people only changes of these, such as hold,coaching"),
      .value(
        .alert, "CONDITION", repeatable: true,
        "raise an alert once this has lasted for a while: hold:2m, muted:D, coaching:D, alone:D, empty:D, people:N:D;"
          + " repeatable"),
      .value(
        .redact, "FIELD,…",
        "write tokens for some of \(Redaction.Field.allCases.map(\.rawValue).joined(separator: ", "))"),
      .value(.redactKeyFile, "FILE", "a file that holds the key of the tokens (default: a random one for each stream)"),
      .value(.heartbeat, "DURATION", "write a watch.heartbeat this often, 1s to 24h"),
      .value(.health, "[ADDRESS:]PORT", "answer /healthz, /readyz and /metrics (default address 127.0.0.1)"),
      .value(.format, "ndjson|text", "how events are written: for programs (default), or for people"),
      .flag(.live, "draw the rooms and the last events in place; text where there is no terminal"),
      .names,
      .flag(.noStdout, "do not write events to standard output"),
    ])

  private static let webhooks = OptionGroup(
    title: "Webhooks",
    options: [
      .value(.webhook, "URL", repeatable: true, "POST each event there; repeatable (default: ROLLCALL_WEBHOOK_URL)"),
      .value(.webhookFile, "FILE", repeatable: true, "a file that holds such a URL; repeatable"),
      .value(
        .webhookSecretFile, "FILE", repeatable: true,
        "a file that holds a whsec_… secret to sign with; repeatable (default: ROLLCALL_WEBHOOK_SECRET)"),
      .value(.webhookHubSecretFile, "FILE", "a file that holds the secret of X-Hub-Signature-256"),
      .value(.webhookHeader, "'NAME: VALUE'", repeatable: true, "send this header too; repeatable"),
      .value(
        .webhookMaxAge, "DURATION", "give up events this old, 1s to 720h (default 1h, with --state 72h, for chat 10m)"),
      .webhookTimeout,
      .webhookFormat,
      .value(.targets, "FILE", "a JSON file of webhooks, each with its own name, format, filter, secrets and headers"),
    ])
}
