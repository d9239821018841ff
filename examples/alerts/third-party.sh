#!/usr/bin/env bash
# Says so when somebody besides the first two can be heard: neither muted nor coaching. Whoever coaches is heard by the
# coached only. Needs jq:
#   rollcall watch --all --heartbeat 5s | examples/alerts/third-party.sh [SECONDS]
# Without SECONDS it is told as soon as a later event shows that it was more than a step within one poll.
set -euo pipefail
jq -L "$(dirname "$0")" --unbuffered -nr --argjson seconds "${1:-0}" '
  include "room";
  alerts($seconds; .people | to_entries[2:][] | select((.value.muted or .value.coaching or .value.hold) | not).key;
    "is a third party that is heard")'
