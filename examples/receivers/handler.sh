#!/usr/bin/env bash
# Debian's webhook runs this for each event, as receivers/hooks.json says. If it fails, webhook answers 500 and rollcall retries, so
# an event may come twice, with the same EVENT_ID.
#
#   export ROLLCALL_HUB_SECRET=$(cat hub-secret) ROLLCALL_HANDLER=$PWD/examples/receivers/handler.sh
#   webhook -template -hooks examples/receivers/hooks.json -ip 127.0.0.1 -port 9000
#   rollcall watch <conference-sid> --webhook http://127.0.0.1:9000/hooks/rollcall --webhook-hub-secret-file hub-secret
set -euo pipefail
echo "$EVENT_ID $EVENT_TYPE ${EVENT_CALL:-}" >>"${ROLLCALL_LOG:-/tmp/rollcall-events.log}"
