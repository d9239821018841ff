#!/usr/bin/env bash
# How long was each call on hold? Reads events on standard input, and needs jq:
#   rollcall watch <conference-sid> | examples/pipelines/hold-times.sh
set -euo pipefail
jq --unbuffered -r 'select(.type == "participant.unheld" and .lasted_ms != null) | "\(.call_sid) was on hold for \(.lasted_ms / 1000) s"'
