"""A SignalWire space whose conferences a check controls. Standard library only."""

import base64, json, random, threading, time
from urllib.parse import parse_qs, urlsplit
from kit.loopback import Handler, serve
from kit.stream import state_of

PROJECT, TOKEN = "11111111-1111-4111-8111-111111111111", "PT-secret"


class Space:
    """A space of conferences whose people change at random while `lively`, or on request."""

    def __init__(self, conferences=1, people=6, seed=1, port=0):
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.lively = False
        self.token = TOKEN
        self.polls = 0
        self.polls_of = {}
        self.delay = 0
        self.born = 0
        self.second = 0
        self.names = {}
        self.status = {}
        self.rooms = {}
        for number in range(conferences):
            sid = f"00000000-0000-4000-8000-{number:012d}"
            self.names[sid] = f"room-{number}"
            self.status[sid] = "in-progress"
            self.rooms[sid] = {}
            for _ in range(people):
                self.enter(sid)
        space = self

        class Listed(Handler):
            def do_GET(self):
                space.get(self)

        self.server = serve(Listed, port)
        self.port = self.server.server_address[1]
        self.origin = f"http://127.0.0.1:{self.port}"

    @property
    def sids(self):
        return sorted(self.rooms)

    def date(self):
        return time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(1_795_000_000 + self.second))

    def enter(self, sid, **state):
        self.born += 1
        self.second += 1
        call = f"call-{self.born:06d}"
        self.rooms[sid][call] = dict(
            account_sid=PROJECT, call_sid=call, call_sid_to_coach=None, coaching=False, conference_sid=sid,
            date_created=self.date(), date_updated=self.date(), end_conference_on_exit=False, hold=False, muted=False,
            start_conference_on_enter=True, status="in-progress", uri=f"/{call}.json", **state)
        return call

    def change(self, sid, call, **state):
        self.second += 1
        self.rooms[sid][call].update(state, date_updated=self.date())

    def leave(self, sid, call):
        del self.rooms[sid][call]

    def end(self, sid):
        self.rooms[sid] = {}
        self.status[sid] = "completed"

    def live(self, sid):
        dice, room = self.random, self.rooms[sid]
        for call in list(room):
            if dice.random() < 0.05:
                self.leave(sid, call)
            elif dice.random() < 0.3:
                coaching = dice.random() < 0.3
                self.change(sid, call, muted=dice.random() < 0.5, hold=dice.random() < 0.5, coaching=coaching,
                            call_sid_to_coach=dice.choice(list(room)) if coaching else None)
        while len(room) < 3 or (len(room) < 12 and dice.random() < 0.4):
            self.enter(sid)

    def get(self, request):
        if self.delay:
            time.sleep(self.delay)
        wanted = "Basic " + base64.b64encode(f"{PROJECT}:{self.token}".encode()).decode()
        if request.headers["Authorization"] != wanted:
            return request.answer(401, b'{"code":20003,"message":"no","more_info":"","status":401}')
        address = urlsplit(request.path)
        if "/Calls/" in address.path:
            sid = address.path.rsplit("/", 1)[1]
            # The provider knows only every second call.
            known = dict(sid=sid, to="+15550199", direction="inbound", **{"from": "+15550100"}) if sid[-1] in "02468" else {}
            return request.answer(200 if known else 404, json.dumps(known or dict(code=20404)).encode())
        parts = address.path.split("/Conferences", 1)[1].strip("/").split("/")
        with self.lock:
            status, reply = self.find(parts if parts != [""] else [], parse_qs(address.query), address.path)
        request.answer(status, json.dumps(reply).encode())

    def find(self, parts, query, path):
        missing = 404, dict(code=20404, message="not found", more_info="", status=404)
        if not parts:
            name, status = query.get("FriendlyName", [None])[0], query.get("Status", [None])[0]
            found = [self.conference(sid) for sid in self.sids
                     if name in (None, self.names[sid]) and status in (None, self.status[sid])]
            return 200, dict(conferences=found, uri=path, next_page_uri=None, page=0, page_size=50)
        sid = parts[0]
        if sid not in self.rooms:
            return missing
        if len(parts) == 1:
            return 200, self.conference(sid)
        if len(parts) == 2:
            self.polls += 1
            self.polls_of[sid] = self.polls_of.get(sid, 0) + 1
            if self.lively and self.status[sid] == "in-progress":
                self.live(sid)
            return 200, dict(participants=list(self.rooms[sid].values()), uri=path, next_page_uri=None, page=0,
                             page_size=1000)
        return (200, self.rooms[sid][parts[2]]) if parts[2] in self.rooms[sid] else missing

    def conference(self, sid):
        return dict(sid=sid, account_sid=PROJECT, friendly_name=self.names[sid], status=self.status[sid],
                    date_created=self.date(), date_updated=self.date(), uri=f"/{sid}.json")

    def truth(self):
        """Returns who is in which conference and in which state, in the form that events fold to."""
        with self.lock:
            return {sid: {call: state_of(row) for call, row in room.items()} for sid, room in self.rooms.items()}
