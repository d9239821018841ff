"""The canaries of one run of kept_secrets.py, and a space and a receiver that search what they are sent for them."""

import base64, json, os
from kit.fake_space import PROJECT
from kit.raw_server import HostileSpace, RawServer, reply
from kit.secret_search import Search, Watched, canary

CANARY = dict(token=canary(), url=canary(), query=canary(), key=canary(), hub=canary(), header=canary(), new_token=canary(),
              proxy=canary())
SECRET = "whsec_" + base64.b64encode(CANARY["key"].encode()).decode()
SPECIAL = CANARY["url"] + "?k=" + CANARY["query"]
search = Search(**CANARY, signing=SECRET.removeprefix("whsec_"))
search.finds_itself(CANARY)
posts, mode = [], dict(echo=False, link=None)
elsewhere = RawServer(lambda request: request.send(reply(200, b"{}")))


def sockets(pid):
    """Returns the targets of the process's descriptors."""
    try:
        return {os.readlink(f"/proc/{pid}/fd/{number}") for number in os.listdir(f"/proc/{pid}/fd")}
    except OSError:
        return set()


def look_at_sender(request):
    """Searches the command line of the requesting process. Others may have just begun, and not covered theirs yet."""
    port = request.connection.getpeername()[1]
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table][1:]
    held = {f"socket:[{row[9]}]" for row in rows if int(row[1].rpartition(":")[2], 16) == port}
    for pid, watched in list(Watched.running.items()):
        if held & sockets(pid):
            watched.command_line()


def without(head, *names):
    """Returns a request's head without the lines of these headers."""
    lines = head.split(b"\r\n")
    return b"\r\n".join(line for line in lines if line.split(b":")[0].lower() not in names)


class Guarded(HostileSpace):
    """A space that checks tokens, repeats everything in its replies, and searches requests and the processes that sent them."""

    def give(self, request):
        look_at_sender(request)
        search.look("a request to the space", without(request.head, b"authorization"))
        tokens = [base64.b64encode(f"{PROJECT}:{CANARY[name]}".encode()).decode() for name in ("token", "new_token")]
        if request.headers.get("authorization") not in [f"Basic {token}" for token in tokens[:1]]:
            body = json.dumps(dict(code=20003, message=request.headers.get("authorization"), more_info=CANARY["new_token"], status=401))
            return request.send(reply(401, body.encode(), f"WWW-Authenticate: Basic realm=\"{CANARY['new_token']}\""))
        if mode["echo"] and request.path.endswith("/Participants"):
            return request.send(reply(mode["echo"], request.head, f"Location: {elsewhere.origin}/{CANARY['token']}"))
        if mode["link"] and request.path.endswith("/Participants"):
            return request.send(reply(200, json.dumps(dict(participants=[], next_page_uri=mode["link"])).encode()))
        return super().give(request)


def take(request):
    """A receiver's answer, by the name in the path; each repeats what it received."""
    look_at_sender(request)
    line, _, rest = request.head.partition(b"\r\n")
    search.look("a post", without(rest, b"x-canary") + request.body)
    posts.append(request)
    status = int(request.path.split("/")[1]) if request.path.split("/")[1].isdigit() else 200
    return request.send(reply(status, request.head + request.body, f"Location: {elsewhere.origin}/{CANARY['url']}"))


space = Guarded(people=3)
receiver = RawServer(take)


def hook(status=200, origin=None):
    return f"{origin or receiver.origin}/{status}/{SPECIAL}"
