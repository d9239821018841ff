"""A space, a webhook receiver and the command, for checks of what survives its end. Standard library only."""

import base64, json, os, random, signal, socket, sqlite3, subprocess, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PROJECT, TOKEN = "11111111-1111-4111-8111-111111111111", "PT-secret"


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, *_):
        pass  # whoever asked was killed


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def serve(handler, port=0):
    server = Server(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


class Space:
    """Conferences whose people change at random while `lively`, or as a test says."""

    def __init__(self, conferences=1, people=6, seed=1, port=0):
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.lively = False
        self.token = TOKEN
        self.polls = 0
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
            if self.lively and self.status[sid] == "in-progress":
                self.live(sid)
            return 200, dict(participants=list(self.rooms[sid].values()), uri=path, next_page_uri=None, page=0,
                             page_size=1000)
        return (200, self.rooms[sid][parts[2]]) if parts[2] in self.rooms[sid] else missing

    def conference(self, sid):
        return dict(sid=sid, account_sid=PROJECT, friendly_name=self.names[sid], status=self.status[sid],
                    date_created=self.date(), date_updated=self.date(), uri=f"/{sid}.json")

    def truth(self):
        """Who is where, and how, as the events tell it."""
        with self.lock:
            return {sid: {call: state_of(row) for call, row in room.items()} for sid, room in self.rooms.items()}


class Receiver:
    """A webhook receiver that keeps what it has answered 200; `refuse` is how often it fails."""

    def __init__(self, port=0, refuse=0.0):
        self.bodies = []
        self.refuse = refuse
        self.lock = threading.Lock()
        receiver = self

        class Posted(Handler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if random.random() < receiver.refuse:
                    return self.answer(503)
                with receiver.lock:
                    receiver.bodies.append((self.headers["webhook-id"], body))
                self.answer(200)

        self.server = serve(Posted, port)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Run:
    """One run of the command; what it writes is read all along."""

    def __init__(self, rollcall, arguments, space=None, token=TOKEN, origin=None, wrapper=(), reads=True, user=None,
                 project=PROJECT):
        environment = {"PATH": os.environ["PATH"], "SIGNALWIRE_PROJECT_ID": project, "SIGNALWIRE_API_TOKEN": token,
                       "SIGNALWIRE_SPACE": origin or (space.origin if space else "http://127.0.0.1:9")}
        self.process = subprocess.Popen([*wrapper, rollcall, *arguments], env=environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, user=user)
        self.out, self.err = bytearray(), bytearray()
        self.threads = [threading.Thread(target=self.read, args=(self.process.stderr, self.err), daemon=True)]
        if reads:
            self.threads.append(threading.Thread(target=self.read, args=(self.process.stdout, self.out), daemon=True))
        for thread in self.threads:
            thread.start()

    @staticmethod
    def read(stream, into):
        while data := os.read(stream.fileno(), 65536):
            into += data

    def kill(self):
        self.process.kill()
        return self.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self, seconds=60):
        code = self.process.wait(seconds)
        for thread in self.threads:
            thread.join()
        return code

    def until(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition(self):
                return True
            time.sleep(0.01)
        return False

    @property
    def lines(self):
        return bytes(self.out).split(b"\n")[:-1]

    @property
    def types(self):
        return [json.loads(line)["type"] for line in self.lines]

    @property
    def errors(self):
        return self.err.decode().strip().splitlines()


def run(rollcall, arguments, space=None, **how):
    process = Run(rollcall, arguments, space, **how)
    process.code = process.wait()
    return process


def unused_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


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


def fold(lines):
    """The rooms that events lead to, and what does not fit together."""
    rooms, faults, last = {}, [], 0
    for line in lines:
        event = json.loads(line)
        if event["sequence"] != last + 1:
            faults.append(f"{event['sequence']} follows {last}")
        last = event["sequence"]
        kind, sid, call = event["type"], event.get("conference_sid"), event.get("call_sid")
        if sid:
            room = rooms.setdefault(sid, {})
        if not kind.startswith("participant."):
            continue
        verb = kind.split(".")[1]
        if verb in ("present", "joined"):
            if call in room:
                faults.append(f"{call} entered twice")
            room[call] = list(state_of(event["participant"])) if verb == "present" else [False, False, False, None]
        elif call not in room:
            faults.append(f"{call} {verb}, and is not there")
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
            faults.append(f"{event['id']} counts {event['participant_count']}, not {len(room)}")
    return {sid: {call: tuple(state) for call, state in room.items()} for sid, room in rooms.items()}, faults


def faults_of_stream(state, out, bodies, truth=None):
    """What is lost, invented, changed or out of order, all in all, after everything has been delivered."""
    lines = stored(state)
    rooms, faults = fold(lines)
    ids = {json.loads(line)["id"]: line for line in lines}
    view = room_view(state)
    if {sid: room for sid, room in rooms.items() if room} != view:
        faults.append("the folded events are not the room view")
    if truth is not None and rooms != truth:
        faults.append("the folded events are not the truth")
    for name, told in (("stdout", [(json.loads(line)["id"], line) for line in out]), ("webhook", bodies)):
        if told is None:
            continue
        seen, newest = set(), {}
        for identity, body in told:
            if ids.get(identity) != body:
                faults.append(f"{name}: {identity} is not in the file, or differs")
            if identity in seen:
                continue
            seen.add(identity)
            lane = json.loads(body).get("conference_sid")
            sequence = json.loads(body)["sequence"]
            if sequence < newest.get(lane, 0):
                faults.append(f"{name}: {identity} is out of order")
            newest[lane] = sequence
        for identity in ids.keys() - seen:
            faults.append(f"{name}: {identity} is lost")
    return faults
