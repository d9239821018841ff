"""Receives rollcall's signed webhooks, informs a channel, and knows who is in which conference."""

import collections
import json
import os
import re
import threading

from errbot import BotPlugin, botcmd, webhook
from flask import abort
from standardwebhooks import Webhook, WebhookVerificationError

REMEMBERED = 10_000  # ids of events that may come twice

SENTENCES = {
    "participant.present": "{who} is in the room",
    "participant.joined": "{who} joined · {count} in the room",
    "participant.left": "{who} left · {count} in the room",
    "participant.muted": "{who} was muted",
    "participant.unmuted": "{who} was unmuted",
    "participant.held": "{who} was put on hold",
    "participant.unheld": "{who} was taken off hold",
    "participant.coaching_started": "{who} started coaching {coached}",
    "participant.coaching_stopped": "{who} stopped coaching {coached}",
    "conference.present": "the conference is there",
    "conference.started": "the conference started",
    "conference.ended": "the conference ended",
    "watch.interrupted": "nobody is looking ({reason})",
    "watch.resumed": "somebody is looking again ({reason})",
}
# The state that an event begins or ends.
STATES = {
    "participant.muted": ("muted", True), "participant.unmuted": ("muted", False),
    "participant.held": ("on hold", True), "participant.unheld": ("on hold", False),
    "participant.coaching_started": ("coaching", True), "participant.coaching_stopped": ("coaching", False),
}
# A run that does not continue the room of the last one begins with one of these.
BEGINNINGS = {"conference.present", "conference.started", "participant.present", "watch.started"}
RECORDED = {"muted": "muted", "hold": "on hold", "coaching": "coaching"}


def plain(text):
    """Escapes a name so that it is not Markdown, mentions no one and hides nothing."""
    text = "".join(character if character.isprintable() else "?" for character in str(text)[:48])
    text = re.sub(r"([\\`*_{}\[\]()#+.!|~-])", r"\\\1", text)
    return re.sub(r"([@<:&])", "\\1\u200b", text)  # a backslash does not escape these


def called(event):
    return plain(event["participant"].get("label") or "…" + event["call_sid"][-4:])


class Rollcall(BotPlugin):
    def activate(self):
        self.verifier = Webhook(os.environ["ROLLCALL_WEBHOOK_SECRET"])
        self.seen = collections.OrderedDict()
        self.rooms = collections.defaultdict(dict)  # conference -> call -> (name, states)
        self.epochs = {}  # conference -> run of its last event
        self.lock = threading.Lock()
        super().activate()

    @webhook("/rollcall", raw=True)
    def take(self, request):
        """Handles one delivery. The signature covers the raw bytes, so they are requested raw."""
        try:
            self.verifier.verify(request.get_data(), dict(request.headers))
        except WebhookVerificationError:
            abort(401)
        event = json.loads(request.get_data())
        with self.lock:
            if event["id"] in self.seen:
                return "known"
            self.fold(event)
            self.tell(event)
            self.seen[event["id"]] = True
            if len(self.seen) > REMEMBERED:
                self.seen.popitem(last=False)
        return "taken"

    def fold(self, event):
        kind, call = event["type"], event.get("call_sid")
        conference, epoch = event.get("conference_sid"), event["id"][4:20]
        room = self.rooms[conference]
        if self.epochs.get(conference) != epoch and kind in BEGINNINGS:
            room.clear()
        self.epochs[conference] = epoch
        if kind == "participant.present":
            room[call] = called(event), {word for key, word in RECORDED.items() if event["participant"].get(key)}
        elif kind == "participant.joined":
            room[call] = called(event), set()
        elif kind == "participant.left":
            room.pop(call, None)
        elif kind == "conference.ended":
            room.clear()
        elif kind in STATES and call in room:
            state, begins = STATES[kind]
            (room[call][1].add if begins else room[call][1].discard)(state)

    def tell(self, event):
        sentence = SENTENCES.get(event["type"])
        if not sentence:
            return
        room = self.rooms[event.get("conference_sid")]
        coached = event.get("call_sid_to_coach") or ""
        text = sentence.format(
            who=called(event) if "participant" in event else "", count=event.get("participant_count"),
            reason=plain(event.get("reason", "")),
            coached=room[coached][0] if coached in room else plain("…" + coached[-4:]))
        for name in self.bot_config.CHATROOM_PRESENCE:
            self.send(self.build_identifier(name), text)

    @botcmd
    def who(self, message, arguments):
        """Says who is in the conferences."""
        with self.lock:
            people = [f"{name} ({', '.join(sorted(states))})" if states else name
                      for room in self.rooms.values() for name, states in room.values()]
        return "In the room: " + ", ".join(people) if people else "Nobody is in a room."
