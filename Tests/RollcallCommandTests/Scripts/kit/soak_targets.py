"""The receivers of a soak test, and what each of them must have got in the end. Standard library only."""

import base64, hmac, json, re, threading, time
from kit.fake_receiver import Receiver
from kit.stream import faults_of_copy

EVERY = 40  # the failing receiver refuses each event whose sequence is a multiple of this
DATA = b'"data":'
ALERTS = re.compile(r"• Alert(?: over)?: ")
MORE = re.compile(r"^\+(\d+) more")


def is_wanted(_):
    return True


class Target(Receiver):
    """Takes everything, and keeps the previous id of each event beside it."""

    def __init__(self):
        self.previous = []
        super().__init__()

    def keep(self, headers, body):
        self.previous.append(headers["rollcall-previous-id"])
        super().keep(headers, body)


class Good(Target):
    """Takes every event that is signed with one of the `secrets`; `newest` is the number of the latest one used."""

    def __init__(self):
        self.secrets, self.newest, self.faults = [], -1, []
        super().__init__()

    def is_by(self, secret, headers, body):
        key = base64.b64decode(secret.removeprefix("whsec_"))
        text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        signature = base64.b64encode(hmac.digest(key, text, "sha256")).decode()
        return f"v1,{signature}" in (headers["webhook-signature"] or "").split()

    def status(self, headers, body):
        # A request that was under way while the secrets were read again has the one before.
        found = [number for number, secret in enumerate(self.secrets) if self.is_by(secret, headers, body)]
        if not found or found[0] < self.newest - 1:
            self.faults.append(f"good: {headers['webhook-id']} is not signed with a secret in use")
        self.newest = max([self.newest, *found])
        return super().status(headers, body)


class Chosen(Target):
    """Takes CloudEvents, of which it keeps the event."""

    def keep(self, headers, body):
        super().keep(headers, body[body.index(DATA) + len(DATA):-1])


class Failing(Target):
    """Is down for 20 s of 40, and otherwise fails one time in ten, until it is mended; it never takes some of the events."""

    def __init__(self):
        super().__init__()
        self.began, self.is_mended = time.monotonic(), False
        self.refuse = 0.1

    def status(self, headers, body):
        if not self.is_mended and (time.monotonic() - self.began) % 40 < 20:
            return 503
        return 422 if json.loads(body)["sequence"] % EVERY == 0 else super().status(headers, body)

    def mend(self):
        self.is_mended, self.refuse = True, 0.0


class Stalled(Target):
    """Reads requests and does not answer them, until it is released."""

    def __init__(self):
        self.released, self.stalls = threading.Event(), 0
        super().__init__()

    def status(self, headers, body):
        if self.released.is_set():
            return super().status(headers, body)
        self.stalls += 1
        self.released.wait(30)
        return 503


def chain(lines, wanted):
    """Returns the id of the event before each one in its lane, among those that are wanted; None for the first."""
    last, before = {}, {}
    for line in lines:
        event = json.loads(line)
        if wanted(event):
            lane = event.get("conference_sid")
            before[event["id"]] = last.get(lane)
            last[lane] = event["id"]
    return before


def faults_of_target(name, receiver, lines, dead=frozenset(), wanted=is_wanted):
    """Returns what a receiver has lost, got changed or out of order, and where its chain of previous ids breaks."""
    before = chain(lines, wanted)
    ids = {identity: line for line in lines if (identity := json.loads(line)["id"]) in before}
    faults = faults_of_copy(name, receiver.bodies, ids, dead)
    for (identity, _), previous in zip(receiver.bodies, receiver.previous):
        if before.get(identity) != previous:
            faults.append(f"{name}: {identity} follows {previous}, not {before.get(identity)}")
    return faults


def told_alerts(messages):
    """Returns how many alerts, raised or over, chat messages tell of."""
    count = 0
    for line in (line for message in messages for line in message.split("\n")[1:]):
        more = MORE.match(line)
        count += int(more[1]) if more else bool(ALERTS.match(line))
    return count
