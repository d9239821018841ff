#!/usr/bin/env bash
# Says so when somebody begins to coach, or stops. Reads events on standard input, and needs jq:
#   rollcall watch <conference-sid> | examples/alerts/coaching.sh
# Each alert is one line, or the last argument of a command that is given:
#   rollcall watch <conference-sid> | examples/alerts/coaching.sh notify-send "Coaching"
set -euo pipefail
jq --unbuffered -r '
  def whom: .call_sid_to_coach // "somebody who is not named";
  if .type == "participant.coaching_started" then "\(.timestamp) \(.call_sid) coaches \(whom)"
  elif .type == "participant.coaching_stopped" then "\(.timestamp) \(.call_sid) no longer coaches \(whom)"
  else empty end' |
  while IFS= read -r alert; do
    "${@:-echo}" "$alert"
  done
