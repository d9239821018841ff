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
          .value(.type, "GLOB,…", "only events of these types, such as 'participant.*' (default: all)"),
          .value(.conference, "SID", "only events of this conference"),
          .value(.since, "TIME", "only from then on: 2026-11-23T09:43:00Z, or 2h for two hours ago"),
          .flag(.follow, "go on with new events as they are written"),
          .value(.format, "FORMAT", "ndjson or table (default: table on a terminal, else ndjson)"),
        ])
    ])

  static let room = CommandSpec(
    name: .room,
    summary: "show who is in the room, now or then",
    usage: ["room [--state FILE] [--conference SID] [--at TIME]"],
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
          .value(.at, "TIME", "how it was then: 2026-11-23T09:43:00Z, or 2h for two hours ago"),
          .value(.format, "FORMAT", "table or ndjson (default: table on a terminal, else ndjson)"),
        ])
    ])

  private static let stateFile = OptionSpec.value(
    .state, "FILE", "the file of rollcall watch --state (default: ROLLCALL_STATE)")
}
