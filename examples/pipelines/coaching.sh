#!/usr/bin/env bash
# Reports when someone begins or stops coaching. Reads events on standard input, and needs jq:
#   rollcall watch <conference-sid> | examples/pipelines/coaching.sh
# Each alert is printed as one line, or passed as the last argument to the given command:
#   rollcall watch <conference-sid> | examples/pipelines/coaching.sh notify-send "Coaching"
set -euo pipefail
jq --unbuffered -r '
  # The coached call is any text of the provider: it must not act on a terminal, or look like another alert.
  def whom: .call_sid_to_coach | if . then gsub("[^A-Za-z0-9:_.-]"; "?") else "somebody who is not named" end;
  if .type == "participant.coaching_started" then "\(.timestamp) \(.call_sid) coaches \(whom)"
  elif .type == "participant.coaching_stopped" then "\(.timestamp) \(.call_sid) no longer coaches \(whom)"
  else empty end' |
  while IFS= read -r alert; do
    "${@:-echo}" "$alert"
  done
