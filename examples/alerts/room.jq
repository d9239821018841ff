# What the alerts have in common: who is in each room and how, and for how long something has been so.
# The time is that of the events, so nothing here waits: --heartbeat 5s sees to it that an event comes every five seconds.

def moment: (.[0:19] + "Z" | fromdateiso8601) + (.[20:23] | tonumber) / 1000;

# The room before an event of another run: one that does not go on with it begins with a baseline, or with nobody.
def begun($event):
  $event.id[4:20] as $epoch |
  if .epoch == $epoch then .
  elif $event.type | IN("conference.present", "conference.started", "participant.present", "watch.started")
  then {people: {}, since: {}, blind: false, epoch: $epoch}
  else .epoch = $epoch end;

# The room after an event; its types alone tell.
def after($event):
  $event.call_sid as $call | ($event.type | ltrimstr("participant.")) as $what |
  if $what == "present" then .people[$call] = ($event.participant | {muted, hold, coaching})
  elif $what == "joined" then .people[$call] = {muted: false, hold: false, coaching: false}
  elif $what == "left" then del(.people[$call])
  elif $what == "muted" or $what == "unmuted" then .people[$call].muted = ($what == "muted")
  elif $what == "held" or $what == "unheld" then .people[$call].hold = ($what == "held")
  elif $what == "coaching_started" or $what == "coaching_stopped" then .people[$call].coaching = ($what == "coaching_started")
  elif $what == "watch.interrupted" then .blind = true
  # What was so before the gap may have been otherwise within it, so it counts from now on.
  elif $what == "watch.resumed" then .blind = false | .since = {}
  else . end;

# What holds now keeps the moment since which it does.
def dated(condition; $now):
  .since as $before | .since = ([condition] | map({key: ., value: ($before[.] // {at: $now, told: false})}) | from_entries);

# Tells once when a condition has held for so many seconds: a filter that takes a room, with its people by call sid, and
# gives the calls for which it holds. While nobody looks, nothing is known and nothing is told.
def alerts($seconds; condition; $text):
  foreach inputs as $event ({rooms: {}, told: []};
    ($event.timestamp | moment) as $now |
    # What somebody's change ends has lasted until this moment at least.
    (if $event.occurred_after then $event.occurred_after | moment else $now end) as $until |
    # Another stream knows nothing of the rooms of this one; another run of the same stream may.
    (if $event.sequence == 1 then .rooms = {} else . end) |
    $event.conference_sid as $sid | (if $sid != null and .rooms[$sid] then .rooms[$sid] |= begun($event) else . end) |
    .told = [.rooms | to_entries[] | select(.value.blind | not) | .key as $sid | .value.since | to_entries[]
      | select((.value.told | not) and $until > .value.at and $until - .value.at >= $seconds)
      | {conference_sid: $sid, call_sid: .key, since: .value.at}] |
    reduce .told[] as $one (.; .rooms[$one.conference_sid].since[$one.call_sid].told = true) |
    if $event.conference_sid == null then .
    elif $event.type == "conference.ended" then del(.rooms[$event.conference_sid])
    else .rooms[$sid] |=
      ((. // {people: {}, since: {}, blind: false, epoch: $event.id[4:20]}) | after($event) | dated(condition; $now))
    end;
    .told[] | "\($event.timestamp) \(.call_sid) \($text) since \(.since | floor | todateiso8601) in \(.conference_sid)");
