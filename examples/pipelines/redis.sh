#!/usr/bin/env bash
# Adds each event to a Redis stream, exactly once and in order. Needs bash and redis-cli (Debian: redis-tools).
#   rollcall watch --all --state rollcall.db --no-stdout
#   examples/pipelines/redis.sh rollcall.db        (beside it; a second argument names the stream, `rollcall` by default)
#   redis-cli XREAD BLOCK 0 STREAMS rollcall '$'
#
# It reads the state file, not the output of a watch: what is in a pipe counts as delivered and is lost with the pipe.
#
# Restarts: the id of an entry is derived from the event's id, and Redis accepts only increasing ids, so an event that is sent
# again is refused. The script waits while Redis does not answer, and continues after the last entry when it is started again. So
# the watch, the script and Redis may be stopped or killed at any time. To keep what it has acknowledged, Redis needs
# `appendonly yes` and `appendfsync always`. The script must not fall behind by more than --keep.
#
# Further arguments go to redis-cli: examples/pipelines/redis.sh rollcall.db rollcall -u redis://127.0.0.1:6380
set -euo pipefail
if [ $# = 0 ]; then
  echo "usage: $0 STATE-FILE [STREAM [OPTION-OF-REDIS-CLI…]]" >&2
  exit 64
fi
state=$1 stream=${2:-rollcall} server=("${@:3}")
ask() { redis-cli --raw ${server[@]+"${server[@]}"} "$@" 2>&1; }

# Retries until Redis is reachable and has loaded its data.
last=
until last=$(ask XREVRANGE "$stream" + - COUNT 1) && [[ ! $last =~ ^[A-Z]+\  && ! $last =~ ^"Could not connect" ]]; do
  echo "redis: $last" >&2
  sleep 1
done
since=()
if [[ $last =~ \"timestamp\":\"([^\"]+)\" ]]; then
  # Events of different conferences may not be in the order of their times.
  since=(--since "$(date -u -d "${BASH_REMATCH[1]} 1 minute ago" +%Y-%m-%dT%H:%M:%SZ)")
fi

rollcall events --state "$state" --follow --format ndjson ${since[@]+"${since[@]}"} |
  while IFS= read -r event; do
    [[ $event =~ ^\{\"id\":\"evt_([0-9a-f]{8})[0-9a-f]{8}_0*([0-9]+)\" ]]
    sequence=${BASH_REMATCH[2]} entry=$((16#${BASH_REMATCH[1]}))-${BASH_REMATCH[2]}
    until answer=$(printf %s "$event" | ask -x XADD "$stream" "$entry" event) && [ "$answer" = "$entry" ]; do
      if [[ $answer =~ "equal or smaller" ]]; then
        # It is already there, unless the stream has ids of another state file.
        newest=$(ask XREVRANGE "$stream" + - COUNT 1) || continue
        [[ $newest =~ ^[0-9]+-([0-9]+) ]] || continue
        ((sequence <= BASH_REMATCH[1])) && break
        echo "redis: $stream has ids greater than $entry of another state file: use another stream" >&2
        exit 1
      fi
      echo "redis: $answer" >&2
      sleep 1
    done
  done
