"""Has a simulated conference watched and its events posted to real receivers, and holds what they got against the lines.

Usage: webhook_receivers.py PATH-OF-ROLLCALL
Needs PyPI standardwebhooks and svix, and Debian's webhook.
"""

import http.server
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from base64 import b64encode
from pathlib import Path

from standardwebhooks import Webhook as StandardWebhook
from svix.webhooks import Webhook as SvixWebhook

PATIENCE = 60  # seconds that one run may take


class Receiver(http.server.ThreadingHTTPServer):
    """Verifies every delivery with both libraries; answers some events in another way than 204 at first."""

    def __init__(self, secret, answers):
        super().__init__(("127.0.0.1", 0), Handler)
        self.verifiers = [StandardWebhook(secret), SvixWebhook(secret)]
        self.answers = answers
        self.attempts = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        for verifier in self.server.verifiers:
            verifier.verify(body, headers)  # raises, and the connection breaks, if it is not what was signed
        sequence = json.loads(body)["sequence"]
        tried = sum(1 for attempt in self.server.attempts if attempt[0] == sequence)
        answers = self.server.answers.get(sequence, [])
        status = answers[tried] if tried < len(answers) else 204
        self.server.attempts.append((sequence, status, headers, body))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


class Space:
    """`rollcall simulate` with the scenario of the demo."""

    def __init__(self, rollcall):
        self.process = subprocess.Popen([rollcall, "simulate", "--scenario", "demo"], stdout=subprocess.PIPE)
        facts = json.loads(self.process.stdout.readline())
        self.conference = facts["conferences"][0]["sid"]
        self.environment = os.environ | {
            "SIGNALWIRE_SPACE": facts["origin"],
            "SIGNALWIRE_PROJECT_ID": facts["project"],
            "SIGNALWIRE_API_TOKEN": facts["token"],
        }

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.terminate()
        self.process.wait()

    def watch(self, rollcall, *arguments):
        command = [rollcall, "watch", self.conference, "--interval", "500ms", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, timeout=PATIENCE)


def check(condition, message, detail=""):
    if not condition:
        raise SystemExit(f"FAILED: {message} {detail}")
    print(f"ok: {message}")


def verified(rollcall, home):
    secret = "whsec_" + b64encode(secrets.token_bytes(32)).decode()
    secret_file = home / "secret"
    secret_file.write_text(secret)
    secret_file.chmod(0o600)
    receiver = Receiver(secret, {3: [503, 500], 5: [400], 7: [429]})
    with Space(rollcall) as space:
        run = space.watch(rollcall, "--webhook", receiver.url, "--webhook-secret-file", str(secret_file))
    lines = [line.encode() for line in run.stdout.decode().splitlines()]
    check(run.returncode == 75, "a dead letter makes the exit status 75", (run.returncode, run.stderr))
    check(b"was given up: answered 400" in run.stderr, "it is told on standard error", run.stderr)
    delivered = [attempt for attempt in receiver.attempts if attempt[1] == 204]
    expected = [line for line in lines if json.loads(line)["sequence"] != 5]
    of = lambda sequence: [attempt[1] for attempt in receiver.attempts if attempt[0] == sequence]
    check(of(3) == [503, 500, 204] and of(7) == [429, 204], "what failed is tried again", receiver.attempts)
    check(sorted(a[3] for a in delivered) == sorted(expected), "every verified body is the line, byte for byte")
    lane = [json.loads(a[3]) for a in delivered if b'"conference_sid"' in a[3]]
    check(lane == sorted(lane, key=lambda event: event["sequence"]), "a conference's events come in order")
    ids = {json.loads(line)["sequence"]: json.loads(line)["id"] for line in lines}
    for sequence, _, headers, body in delivered:
        before = ids.get(sequence - 1) if b'"conference_sid"' in body else None
        if headers.get("rollcall-previous-id") != before:
            check(False, "each delivery names the event before it", (sequence, headers))
    check(True, "each delivery names the event before it, dead letters included")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def hooked(rollcall, home):
    """Debian's webhook runs a command for each event whose hub signature is right."""
    secret, log, port = secrets.token_hex(16), home / "muted", free_port()
    script = home / "note"
    script.write_text(f'#!/bin/sh\necho "$1 $2" >>{log}\n')
    script.chmod(0o700)
    signed = {"type": "payload-hmac-sha256", "secret": secret, "parameter": {"source": "header", "name": "X-Hub-Signature-256"}}
    argument = lambda name: {"source": "payload", "name": name}
    hook = {
        "id": "rollcall",
        "execute-command": str(script),
        "pass-arguments-to-command": [argument("type"), argument("call_sid")],
        "trigger-rule": {"match": signed},
        "trigger-rule-mismatch-http-response-code": 403,
    }
    hooks = home / "hooks.json"
    hooks.write_text(json.dumps([hook]))
    hub = home / "hub"
    hub.write_text(secret)
    hub.chmod(0o600)
    server = subprocess.Popen(
        ["webhook", "-hooks", str(hooks), "-ip", "127.0.0.1", "-port", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        url = f"http://127.0.0.1:{port}/hooks/rollcall"
        with Space(rollcall) as space:
            run = space.watch(
                rollcall, "--webhook", url, "--webhook-hub-secret-file", str(hub), "--events", "participant.muted")
        check(run.returncode == 0, "Debian's webhook takes every event", run.stderr)
        told = [json.loads(line) for line in run.stdout.decode().splitlines()]
        wait_until(lambda: log.exists() and len(log.read_text().splitlines()) >= len(told))
        expected = [f"participant.muted {event['call_sid']}" for event in told]
        check(told and sorted(log.read_text().splitlines()) == sorted(expected), "and runs its command for each")
    finally:
        server.terminate()
        server.wait()


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("FAILED: nothing happened in time")
        time.sleep(0.05)


def wait_for(port):
    def answers():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_until(answers)


def main():
    rollcall = sys.argv[1]
    home = Path(tempfile.mkdtemp())
    try:
        verified(rollcall, home)
        hooked(rollcall, home)
    finally:
        shutil.rmtree(home)


main()
