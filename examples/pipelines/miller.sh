#!/usr/bin/env bash
# Recipes for Miller (Debian: miller). Reads events on standard input:
#   rollcall events --state rollcall.db --format ndjson | examples/pipelines/miller.sh holds
set -euo pipefail
case "${1:-}" in
types) # How many events of each type there are.
  mlr --ijsonl --opprint count-distinct -f type then sort -nr count ;;
holds) # How often and how long each call was on hold, in seconds.
  mlr --ijsonl --opprint filter '$type == "participant.unheld" && typeof($lasted_ms) == "int"' then \
    put '$seconds = $lasted_ms / 1000' then stats1 -a count,sum,max -f seconds -g call_sid ;;
peaks) # The maximum number of participants in each quarter of an hour.
  mlr --ijsonl --ocsv filter 'typeof($participant_count) == "int"' then \
    put '$quarter = sec2gmt(roundm(strptime(sub($timestamp, "\.[0-9]+Z$", "Z"), "%Y-%m-%dT%H:%M:%SZ") - 450, 900))' then \
    stats1 -a max -f participant_count -g conference_sid,quarter ;;
*)
  echo "usage: $0 types|holds|peaks" >&2
  exit 64 ;;
esac
