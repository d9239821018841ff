#!/usr/bin/env bash
# Says so when somebody has been on hold for 2 minutes, or for so many seconds as are given. Needs jq:
#   rollcall watch --all --heartbeat 5s | examples/alerts/on-hold.sh [SECONDS]
set -euo pipefail
jq -L "$(dirname "$0")" --unbuffered -nr --argjson seconds "${1:-120}" '
  include "room";
  alerts($seconds; .people | to_entries[] | select(.value.hold).key; "is on hold")'
