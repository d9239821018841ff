#!/usr/bin/env bash
# Who is in the room, and in which state, after each change? The types of the events are enough. Reads events on standard input,
# and needs jq:
#   rollcall watch <conference-sid> | examples/pipelines/roster.sh
# Prints {"<call sid>":["muted","coaching"], …}, one line per event that changes it.
set -euo pipefail
jq --unbuffered -nc '
  def gains($call; $state): .[$call] = (.[$call] // []) - [$state] + [$state];
  def loses($call; $state): .[$call] = (.[$call] // []) - [$state];
  foreach (inputs | select(.type | . == "watch.started" or startswith("participant.") and . != "participant.updated"))
  as $event ({people: {}};
    $event.call_sid as $call | ($event.type | ltrimstr("participant.")) as $what | $event.id[4:20] as $epoch |
    # A run that does not continue the room of the last one begins with a baseline.
    (if .epoch != $epoch and ($what == "present" or $what == "watch.started") then .people = {} else . end) |
    .epoch = $epoch | .people |= (
    if $what == "present" then
      .[$call] = [$event.participant | (if .muted then "muted" else empty end), (if .hold then "held" else empty end),
        (if .coaching then "coaching" else empty end)]
    elif $what == "joined" then .[$call] = []
    elif $what == "left" then del(.[$call])
    elif $what == "muted" or $what == "held" then gains($call; $what)
    elif $what == "coaching_started" then gains($call; "coaching")
    elif $what == "unmuted" then loses($call; "muted")
    elif $what == "unheld" then loses($call; "held")
    elif $what == "coaching_stopped" then loses($call; "coaching")
    else . end);
    .people)'
