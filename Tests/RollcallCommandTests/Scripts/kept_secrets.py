#!/usr/bin/env python3
"""Runs every command with canaries as secrets, and searches for them everywhere that others could read.

Usage: kept_secrets.py PATH-OF-ROLLCALL
Needs openssl.
"""

import base64, hmac, json, os, signal, subprocess, sys, tempfile, time, urllib.error, urllib.request
from kit.authority import NAMES, Authority
from kit.canaries import CANARY, SECRET, SPECIAL, elsewhere, hook, mode, posts, search, space
from kit.fake_space import PROJECT
from kit.loopback import unused_port
from kit.raw_server import HostileSpace
from kit.secret_search import Watched
from kit.verdict import end

rollcall = os.path.realpath(sys.argv[1])
ENVIRONMENT = {"PATH": os.environ["PATH"], "SIGNALWIRE_PROJECT_ID": PROJECT, "SIGNALWIRE_API_TOKEN": CANARY["token"],
               "ROLLCALL_WEBHOOK_SECRET": SECRET}


def watched(name, *arguments, sends=True, **environment):
    return Watched(search, name, [rollcall, *arguments], ENVIRONMENT | dict(SIGNALWIRE_SPACE=space.origin) | environment, sends)


def file(folder, name, text, mode=0o600):
    path = f"{folder}/{name}"
    with open(path, "w") as opened:
        opened.write(text)
    os.chmod(path, mode)
    return path


def files_of_state(path):
    for end_of_name in ("", "-wal", "-shm"):
        if os.path.exists(path + end_of_name):
            with open(path + end_of_name, "rb") as opened:
                search.look(f"the state file{end_of_name}", opened.read())


def full_watch(folder, log):
    """A watch with every option that takes a secret, and with failing receivers."""
    port, state = unused_port(), f"{folder}/state-{log}"
    hooks = [word for status in (200, 500, 302, 401) for word in ("--webhook", hook(status))]
    watch = watched(f"watch, {log}", "watch", space.sid, "--interval", "100ms", *hooks, f"--webhook={hook(410)}", "--webhook",
                    hook(origin="http://127.0.0.1:9"), "--webhook", hook(origin="http://nobody.invalid"), "--webhook-header",
                    f"X-Canary: {CANARY['header']}", "--webhook-hub-secret-file", file(folder, "hub", CANARY["hub"]), "--state", state,
                    "--health", str(port), "--heartbeat", "1s", "-v", "--log-format", log)
    watch.until(b'"watch.started"')
    for path in ("healthz", "readyz", "metrics", "nothing"):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}") as answer:
                search.look(f"/{path}", answer.read() + str(answer.headers).encode())
        except urllib.error.HTTPError as error:
            search.look(f"/{path}", error.read() + str(error.headers).encode())
    watch.process.send_signal(signal.SIGHUP)
    for fault in (dict(echo=500), dict(echo=302), dict(echo=429), dict(link=f"{elsewhere.origin}/{CANARY['token']}"),
                  dict(link=f"/x?{CANARY['new_token']}")):
        mode.update(fault)
        time.sleep(0.4)
        mode.update(echo=False, link=None)
        time.sleep(0.6)
    watch.until(b'"watch.heartbeat"').command_line()
    files_of_state(state)
    watch.finish(0, signal.SIGTERM)
    files_of_state(state)
    return state


def readers(folder, state):
    """The commands that read a state file and post its events."""
    for command in (["events"], ["events", "--format", "text"], ["room"]):
        watched(" ".join(command), *command, "--state", state).finish(0)
    for status, code in ((200, 0), (500, 75), (410, 75)):
        resend = watched(f"resend {status}", "resend", "--state", state, "--webhook", hook(status), "--since", "1h", "--webhook-header",
                         f"X-Canary: {CANARY['header']}", "-v")
        if status == 500:
            time.sleep(2)
            resend.command_line().finish(None, signal.SIGTERM)
        else:
            resend.finish(None)
    files_of_state(state)


def targets_file(folder):
    formats = ["rollcall", "cloudevents"]
    entries = [dict(name=f"{kind}-{status}", url=f"{hook(status)}&as={kind}", format=kind, headers={"X-Canary": CANARY["header"]})
               for kind in formats for status in (200, 500)]
    return file(folder, "targets", json.dumps(entries))


def other_ways(folder):
    """Secrets from files and from the environment; wrong tokens; failing TLS; crashes."""
    url, token = file(folder, "url", hook() + "\n"), file(folder, "token", CANARY["token"] + "\n", 0o644)
    watch = watched("targets", "watch", space.sid, "--targets", targets_file(folder), "-v", "--for", "3s", "--interval", "100ms")
    watch.until(b'"watch.started"')
    space.space.change(space.sid, sorted(space.space.rooms[space.sid])[1], muted=True)
    watch.finish(None)
    watched("files", "watch", space.sid, "--once", "--webhook-file", url, "--token-file", token, SIGNALWIRE_API_TOKEN="").finish(0)
    watched("a variable", "watch", space.sid, "--once", ROLLCALL_WEBHOOK_URL=hook()).finish(0)
    watched("text", "watch", space.sid, "--once", "--webhook", hook(500), "--format", "text").finish(None)
    for code, name, arguments in ((77, "watch", ["watch", space.sid]), (77, "list", ["list", space.sid]), (77, "check", ["check"])):
        watched(f"{name} with a wrong token", *arguments, "-v" if name != "check" else "--state=" + folder + "/none",
                SIGNALWIRE_API_TOKEN=CANARY["new_token"]).finish(code)
    watched("list", "list", space.sid).finish(0)
    watched("check", "check", space.sid, "--webhook", hook(), "--webhook", hook(500), "--webhook-header",
            f"X-Canary: {CANARY['header']}").finish(None)
    authority = Authority(folder)
    authority.sign("good", NAMES)
    secure = HostileSpace(people=1, context=authority.server("good"))
    watched("list, not trusted", "list", secure.sid, "-v", SIGNALWIRE_SPACE=secure.origin).finish(69)
    watched("watch, webhook not trusted", "watch", space.sid, "--for", "1s", "--webhook", hook(origin=secure.origin)).finish(75)
    proxy = f"http://me:{CANARY['proxy']}@127.0.0.1:9"
    watched("list, no proxy there", "list", secure.sid, "-v", SIGNALWIRE_SPACE=secure.origin, HTTPS_PROXY=proxy).finish(69)
    watched("nobody there", "list", space.sid, SIGNALWIRE_SPACE="http://127.0.0.1:9").finish(69)


def crashes():
    """Crashes that may print something. The toolchain's backtracer takes long, so the runs are returned and awaited later."""
    told = []
    for number, backtrace in ((signal.SIGSEGV, "yes"), (signal.SIGABRT, "yes"), (signal.SIGSEGV, "no"), (signal.SIGQUIT, "no")):
        crash = watched(f"a crash by {number.name}", "watch", space.sid, "--webhook", hook(500), "--webhook-header",
                        f"X-Canary: {CANARY['header']}",
                        SWIFT_BACKTRACE=f"enable={backtrace},color=no,interactive=no,symbolicate=off")
        crash.until(b'"watch.started"').process.send_signal(number)
        crash.traced = backtrace == "yes"
        told.append((crash, -number))
    return told


def slips(folder):
    """Secrets that users put in the wrong place: no error may repeat them."""
    url, token, secret = f"https://hooks.example/{SPECIAL}", CANARY["token"], SECRET
    wrong = file(folder, "wrong", "whsec_!" + CANARY["key"])
    for arguments in (
            ["--webhook", f"https://user:{CANARY['url']}@h/"], ["--webhook", f"ftp://h/{CANARY['url']}"], ["--webhook", CANARY["url"]],
            ["--webhook", url + "#x"], ["--webhook", url + " x"], ["--webhok", url], [f"--webhok={url}"], [url], ["--webhook-file", url],
            ["--token", token], [f"--token={token}"], ["--token-file", token], ["--webhook-secret-file", secret], ["--webhook-secret", secret],
            ["--webhook-secret-file", wrong], ["--webhook-hub-secret-file", secret], ["--targets", url], ["--webhook-header", CANARY["header"]],
            ["--webhook-header", f"Bad Name: {CANARY['header']}"], ["--webhook-header", f"X: {CANARY['header']}\r\nY: 1"],
            ["--webhook-header", f"Authorization {CANARY['header']}"], ["--targets", file(folder, "t1", f'[{{"url": "{url} x"}}]')],
            ["--targets", file(folder, "t2", url)], ["--targets", file(folder, "t3", f'[{{"url": "{url}", "{secret}": 1}}]')],
            ["--targets", file(folder, "t4", f'[{{"name": "{secret} x", "url": "{url}"}}]')],
            ["--targets", file(folder, "t5", f'[{{"url": "{url}", "format": "{secret}"}}]')],
            ["--targets", file(folder, "t6", f'[{{"url": "{url}", "headers": {{"{CANARY["header"]} x": "y"}}}}]')],
            ["--space", f"https://{token}@x.signalwire.com"], ["--space", f"https://x.signalwire.com/{token}"], ["--events", url]):
        watched(f"the slip {arguments[0]}", "watch", space.sid, *arguments, "--once", sends=False).finish(None)
    for name, text in (("SIGNALWIRE_SPACE", f"https://me:{token}@h"), ("ROLLCALL_WEBHOOK_URL", CANARY["url"]),
                       ("ROLLCALL_WEBHOOK_SECRET", CANARY["key"]), ("SIGNALWIRE_API_TOKEN", token + "\n" + token)):
        watched(f"the slip in {name}", "watch", space.sid, "--once", **{name: text}).finish(None)


def no_account():
    """Commands with secrets in their environment, most of which they do not need."""
    watched("demo", "demo", "--seconds", "1", ROLLCALL_WEBHOOK_URL=hook()).finish(0)
    for arguments in (["version"], ["help"], ["help", "watch"], ["secret"], ["completions", "bash"]):
        watched(" ".join(arguments), *arguments, ROLLCALL_WEBHOOK_URL=hook()).finish(0)
    watched("simulate", "simulate").until(b"origin").finish(None, signal.SIGTERM)
    port = unused_port()
    listen = watched("listen", "listen", "--port", str(port)).until(str(port).encode())
    body, moment = b'{"id":"evt_1","type":"watch.test","sequence":0}', str(int(time.time()))
    good = base64.b64encode(hmac.digest(CANARY["key"].encode(), f"evt_1.{moment}.".encode() + body, "sha256")).decode()
    for signature in (f"v1,{good}", f"v1,{SECRET}", CANARY["key"], "v1,"):
        headers = {"webhook-id": "evt_1", "webhook-timestamp": moment, "webhook-signature": signature}
        try:
            with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/", body, headers)) as answer:
                search.look("listen's answer", answer.read() + str(answer.headers).encode())
        except urllib.error.HTTPError as error:
            search.look("listen's answer", error.read() + str(error.headers).encode())
    listen.command_line().finish(None, signal.SIGTERM)


with tempfile.TemporaryDirectory() as folder:
    crashed = crashes()
    state = full_watch(folder, "json")
    full_watch(folder, "text")
    readers(folder, state)
    other_ways(folder)
    slips(folder)
    no_account()
    for crash, code in crashed:
        # Without a fault, the process survives its backtrace and needs another signal to end.
        crash.until(b"Registers:" if crash.traced else b"")
        for _ in range(60):
            crash.process.send_signal(-code)
            try:
                crash.process.wait(2)
                break
            except subprocess.TimeoutExpired:
                pass
        crash.finish(code)
for request in elsewhere.requests:
    search.faults.append(f"the second listener got a request: {request.head[:60]}")
if not any(request.headers.get("x-canary") == CANARY["header"] for request in posts):
    search.faults.append("no post had the configured header")
if not any(request.target.endswith(SPECIAL) for request in posts):
    search.faults.append("no post had the configured URL")
end(f"secrets: {len(search.forms)} forms of {len(CANARY) + 1} secrets searched for in {search.places} places ({search.bytes >> 10} KiB), "
    f"{len(space.requests)} requests and {len(posts)} posts, {len(elsewhere.requests)} requests at the second listener",
    list(dict.fromkeys(search.faults)))
