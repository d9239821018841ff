#!/usr/bin/env python3
"""Sets every kind of proxy variable: the demo must ignore all of them, and https requests must use the right one.

Usage: hostile_proxies.py PATH-OF-ROLLCALL
Needs openssl.
"""

import json, os, socket, subprocess, sys, tempfile, threading
from kit.authority import NAMES, Authority
from kit.fake_space import PROJECT, TOKEN
from kit.raw_server import HostileSpace, RawServer, reply
from kit.verdict import end, side_by_side

rollcall = os.path.realpath(sys.argv[1])
BASE = {"PATH": os.environ["PATH"]}


def demo(variables):
    """Returns the events of a short demo with these variables."""
    asked = subprocess.run([rollcall, "demo", "--seconds", "2"], env=BASE | variables, capture_output=True, timeout=60)
    return asked.returncode, [json.loads(line)["type"] for line in asked.stdout.splitlines()]


class Tunnels:
    """A proxy that opens tunnels, and keeps the requests that it got."""

    def __init__(self, user=None):
        self.asked, self.credentials = [], []
        self.server = RawServer(self.answer)
        self.host = f"127.0.0.1:{self.server.port}"

    def answer(self, request):
        self.asked.append(f"{request.method} {request.target}")
        self.credentials.append(request.headers.get("proxy-authorization"))
        if request.method != "CONNECT":
            return request.send(reply(502))
        if "authorization" in request.headers or TOKEN.encode() in request.head:
            self.asked.append("and the token")
        host, _, port = request.target.rpartition(":")
        with socket.create_connection((host, int(port))) as onward:
            request.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=self.copy, args=(onward, request.connection), daemon=True)
            back.start()
            self.copy(request.connection, onward)
            back.join(5)
        return False

    @staticmethod
    def copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def demos():
    """Runs the demo with each variable and each value; it must not connect to a proxy."""
    recorder = RawServer(lambda request: request.send(reply(502)), greet=lambda request: request.is_left(1))
    host = f"127.0.0.1:{recorder.port}"
    dead = "http://127.0.0.1:1"
    values = [f"http://{host}", host, f"socks5://{host}", f"socks5h://user:pass@{host}", f"https://{host}", dead, "garbage://", "::::", "%zz",
              "http://" + "x" * 5000]
    names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "ftp_proxy", "socks_proxy", "SOCKS_PROXY"]
    cases = [{name: value} for name in names for value in values]
    cases += [{name: value} for name in ("no_proxy", "NO_PROXY") for value in ("*", "", "127.0.0.1", "garbage,,,", "x" * 5000)]
    cases += [{name: values[0] for name in names} | {"NO_PROXY": "example.org", "REQUEST_METHOD": "GET"}]
    # An event at the very end of the 2 s may be included or not.
    begins = ["participant.present", "participant.present", "watch.started", "participant.joined", "participant.muted"]
    wrong = lambda told: told[0] or told[1][:5] != begins or told[1][-1] != "watch.stopped"
    results = side_by_side([(str(number), lambda case=case: dict(faults=[
        f"the demo under {str(case)[:90]}: {told}" for told in [demo(case)] if wrong(told)])) for number, case in enumerate(cases)], 16)
    faults = [fault for result in results.values() for fault in result["faults"]]
    if recorder.connections:
        faults.append(f"the proxy was connected to {recorder.connections} times")
    return len(cases), recorder.connections, faults


def spaces(authority):
    """Requests lists over https, and posts, with each set of variables; each request must use or bypass the proxy."""
    faults, cases = [], 0
    context = authority.server("good")
    dead = "http://127.0.0.1:1"

    def listed(variables, code=0, through=1, what="list", secure=True):
        nonlocal cases
        cases += 1
        tunnels = Tunnels()
        space = HostileSpace(people=2, context=context if secure else None)
        hook = RawServer(lambda request: request.send(reply(204)), context)
        host = f"127.0.0.1:{space.port}"
        environment = BASE | {key: value.replace("PROXY", tunnels.host).replace("SPACE", host) for key, value in variables.items()}
        environment |= dict(SIGNALWIRE_SPACE=space.origin, SIGNALWIRE_PROJECT_ID=PROJECT, SIGNALWIRE_API_TOKEN=TOKEN)
        arguments = ["list", space.sid] if what == "list" else ["watch", space.sid, "--once", "--webhook", hook.origin + "/hook"]
        run = subprocess.run([rollcall, *arguments, "--ca-file", f"{authority.folder}/ca.pem"], env=environment, capture_output=True,
                             timeout=60)
        wanted = {f"CONNECT {host}"} if through and what == "list" else set()
        wanted |= {f"CONNECT 127.0.0.1:{hook.port}"} if through and what == "watch" else set()
        if run.returncode != code or set(tunnels.asked) != wanted:
            faults.append(f"{variables}: exit {run.returncode}, the proxy got {tunnels.asked}: {run.stderr[-200:]}")
        if what == "watch" and code == 0 and not hook.requests:
            faults.append(f"{variables}: nothing was posted")
        return tunnels

    listed({"HTTPS_PROXY": "http://PROXY"})
    listed({"https_proxy": "http://PROXY"})
    listed({"https_proxy": "PROXY"})
    listed({"https_proxy": "http://PROXY", "HTTPS_PROXY": dead})
    signed = listed({"HTTPS_PROXY": "http://me:mine@PROXY"})
    if signed.credentials != ["Basic bWU6bWluZQ=="]:
        faults.append(f"wrong credentials for the proxy: {signed.credentials}")
    listed({"HTTPS_PROXY": "http://PROXY"}, what="watch", secure=False)
    listed({"HTTPS_PROXY": "http://PROXY", "NO_PROXY": "127.0.0.1"}, through=0)
    listed({"HTTPS_PROXY": dead, "no_proxy": "127.0.0.1"}, through=0)
    listed({"HTTPS_PROXY": dead, "no_proxy": "example.org,127.0.0.1"}, through=0)
    listed({"HTTPS_PROXY": dead, "NO_PROXY": "*"}, through=0)
    listed({"HTTPS_PROXY": dead, "NO_PROXY": "127.0.0.1"}, through=0, what="watch", secure=False)
    listed({"HTTPS_PROXY": "http://PROXY", "NO_PROXY": "example.org"})
    listed({"HTTPS_PROXY": dead}, code=69, through=0)
    for name in ("ALL_PROXY", "all_proxy", "http_proxy", "HTTP_PROXY"):
        listed({name: "http://PROXY"}, through=0)
        listed({name: "http://PROXY"}, through=0, secure=False)
    listed({"HTTPS_PROXY": "http://PROXY"}, through=0, secure=False)
    listed({"https_proxy": "", "HTTPS_PROXY": ""}, through=0)
    return cases, faults


def refusals():
    """If a proxy opens no tunnel, the error says what it answered and what to do."""
    faults = []
    for status, words in ((407, ("requires a user name and password (407)", "USER:PASSWORD@HOST:PORT")),
                          (403, ("refused to connect", "(403)", "NO_PROXY")), (502, ("refused to connect", "(502)", "NO_PROXY"))):
        proxy = RawServer(lambda request, status=status: request.send(reply(status)))
        environment = BASE | dict(HTTPS_PROXY=proxy.origin, SIGNALWIRE_SPACE="https://127.0.0.1:1", SIGNALWIRE_PROJECT_ID=PROJECT,
                                  SIGNALWIRE_API_TOKEN=TOKEN)
        for arguments in (["list", "c"], ["check"]):
            run = subprocess.run([rollcall, *arguments], env=environment, capture_output=True, text=True, timeout=60)
            said = run.stdout + run.stderr
            if run.returncode != 69 or not all(word in said for word in words):
                faults.append(f"{status}: exit {run.returncode}: {said}")
    return faults


with tempfile.TemporaryDirectory() as folder:
    authority = Authority(folder)
    authority.sign("good", NAMES)
    count, connections, faults = demos()
    cases, more = spaces(authority)
more += refusals()
end(f"proxies: {count} demos with variables, {connections} connections at the proxy; {cases} runs by https and http, through a CONNECT "
    "proxy or past it", faults + more)
