#!/usr/bin/env bash
# Says so when somebody has been alone in a conference for 30 s, or for so many as are given. Needs jq:
#   rollcall watch --all --heartbeat 5s | examples/alerts/alone.sh [SECONDS]
set -euo pipefail
jq -L "$(dirname "$0")" --unbuffered -nr --argjson seconds "${1:-30}" '
  include "room";
  alerts($seconds; .people | keys | select(length == 1)[]; "is alone")'
