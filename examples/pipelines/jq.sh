#!/usr/bin/env bash
# Recipes for jq. Reads events on standard input: rollcall watch <conference-sid> | examples/pipelines/jq.sh joined
set -euo pipefail
case "${1:-}" in
joined) # Who joined and who left, one line each.
  jq --unbuffered -r 'select(.type == "participant.joined" or .type == "participant.left")
    | [.timestamp, .type, .call_sid, .participant_count] | @tsv' ;;
csv) # A table of everything that happened to participants, for a spreadsheet.
  jq --unbuffered -r 'select(.call_sid)
    | [.timestamp, .conference_sid, .type, .call_sid, .lasted_ms, .participant_count] | @csv' ;;
stays) # How long each participant stayed, in seconds; null if they were there before watching began.
  jq --unbuffered -c 'select(.type == "participant.left")
    | {call_sid, seconds: (if .lasted_ms then .lasted_ms / 1000 else null end), confirmed_by}' ;;
peak) # The maximum number of participants, by conference, when the stream is over.
  jq -nc 'reduce (inputs | select(.participant_count)) as $e ({};
    .[$e.conference_sid] = ([.[$e.conference_sid] // 0, $e.participant_count] | max))' ;;
window) # How precisely each change is dated: milliseconds between occurred_after and timestamp.
  jq --unbuffered -r 'def ms: (.[0:19] + "Z" | fromdateiso8601) * 1000 + (.[20:23] | tonumber);
    select(.occurred_after) | [.type, (.timestamp | ms) - (.occurred_after | ms)] | @tsv' ;;
gaps) # When no one was watching, and why.
  jq --unbuffered -r 'select(.type == "watch.resumed") | "\(.from) \(.to) \(.reason) \(.polls_missed)"' ;;
lost) # Missing sequence numbers; prints nothing if the stream is complete. Not for filtered streams.
  jq --unbuffered -nr 'foreach inputs as $e ({}; {epoch: $e.id[4:20], last: $e.sequence,
      hole: (if .epoch == $e.id[4:20] and $e.sequence != .last + 1 then "\(.last) \($e.sequence)" else null end)};
    .hole // empty)' ;;
*)
  echo "usage: $0 joined|csv|stays|peak|window|gaps|lost" >&2
  exit 64 ;;
esac
