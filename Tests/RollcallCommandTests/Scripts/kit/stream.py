"""The stream of a state file: its events, the rooms that they fold to, and its faults. Standard library only."""

import json, sqlite3


def rows(state, query):
    connection = sqlite3.connect(f"file:{state}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def stored(state):
    return [line.encode() for (line,) in rows(state, "SELECT line FROM events ORDER BY sequence")]


def room_view(state):
    rooms = {}
    for sid, call, muted, hold, coaching, target in rows(
            state, "SELECT conference_sid, call_sid, muted, hold, coaching, call_sid_to_coach FROM room"):
        rooms.setdefault(sid, {})[call] = (bool(muted), bool(hold), bool(coaching), target if coaching else None)
    return rooms


def state_of(row):
    coaching = bool(row["coaching"])
    return bool(row["muted"]), bool(row["hold"]), coaching, row["call_sid_to_coach"] if coaching else None


def fold(lines, look=lambda event, room: []):
    """Returns the rooms that result from events, and the contradictions among the events.

    `look` gets each event and its room as it is afterwards, and returns further contradictions.
    """
    rooms, faults, last = {}, [], 0
    for line in lines:
        event = json.loads(line)
        if event["sequence"] != last + 1:
            faults.append(f"sequence {event['sequence']} follows {last}")
        last = event["sequence"]
        kind, sid, call = event["type"], event.get("conference_sid"), event.get("call_sid")
        if sid:
            room = rooms.setdefault(sid, {})
        if not kind.startswith("participant."):
            faults += look(event, rooms.get(sid, {}))
            continue
        verb = kind.split(".")[1]
        if verb in ("present", "joined"):
            if call in room:
                faults.append(f"{call} entered the room twice")
            room[call] = list(state_of(event["participant"])) if verb == "present" else [False, False, False, None]
        elif call not in room:
            faults.append(f"{call} {verb} but is not in the room")
        elif verb == "left":
            del room[call]
        else:
            changes = {"muted": (0, True), "unmuted": (0, False), "held": (1, True), "unheld": (1, False),
                       "coaching_started": (2, True), "coaching_stopped": (2, False)}
            if verb in changes:
                place, value = changes[verb]
                if room[call][place] == value:
                    faults.append(f"{call} {verb} twice")
                room[call][place] = value
            if verb.startswith("coaching"):
                room[call][3] = event["call_sid_to_coach"] if verb == "coaching_started" else None
        if event["participant_count"] != len(room):
            faults.append(f"{event['id']}: expected participant_count {len(room)}, got {event['participant_count']}")
        faults += look(event, room)
    return {sid: {call: tuple(state) for call, state in room.items()} for sid, room in rooms.items()}, faults


def faults_of_stream(state, out, bodies, truth=None):
    """Returns what is lost, invented, changed or out of order once everything has been delivered."""
    lines = stored(state)
    rooms, faults = fold(lines)
    ids = {json.loads(line)["id"]: line for line in lines}
    view = room_view(state)
    if {sid: room for sid, room in rooms.items() if room} != view:
        faults.append("the folded events differ from the view `room`")
    if truth is not None and rooms != truth:
        faults.append("the folded events differ from the true rooms")
    for name, told in (("stdout", [(json.loads(line)["id"], line) for line in out]), ("webhook", bodies)):
        if told is not None:
            faults += faults_of_copy(name, told, ids)
    return faults


def faults_of_copy(name, told, ids, dead=frozenset()):
    """Returns what is lost, changed or out of order in what an output or a target was given.

    `told` has pairs of id and line; `ids` has the line of every event that it had to get, except those that were given up.
    """
    seen, newest, faults = set(), {}, []
    for identity, body in told:
        if ids.get(identity) != body:
            faults.append(f"{name}: {identity} is not in the file, or has other bytes there")
            continue
        if identity in seen:
            continue
        seen.add(identity)
        event = json.loads(body)
        lane, sequence = event.get("conference_sid"), event["sequence"]
        if sequence < newest.get(lane, 0):
            faults.append(f"{name}: {identity} is out of order")
        newest[lane] = sequence
    return faults + [f"{name}: {identity} is lost" for identity in ids.keys() - seen - dead]
