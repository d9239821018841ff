#!/usr/bin/env bash
# Says so when somebody begins to coach, or stops. Reads events on standard input, and needs jq:
#   rollcall watch <conference-sid> | examples/pipelines/coaching.sh
# Each alert is one line, or the last argument of a command that is given:
#   rollcall watch <conference-sid> | examples/pipelines/coaching.sh notify-send "Coaching"
set -euo pipefail
jq --unbuffered -r '
  # The provider says who is coached, in any text: nothing in it may act on a terminal, or look like another alert.
  def whom: .call_sid_to_coach | if . then gsub("[^A-Za-z0-9:_.-]"; "?") else "somebody who is not named" end;
  if .type == "participant.coaching_started" then "\(.timestamp) \(.call_sid) coaches \(whom)"
  elif .type == "participant.coaching_stopped" then "\(.timestamp) \(.call_sid) no longer coaches \(whom)"
  else empty end' |
  while IFS= read -r alert; do
    "${@:-echo}" "$alert"
  done
