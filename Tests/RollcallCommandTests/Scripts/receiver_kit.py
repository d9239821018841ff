"""A simulated conference, receivers that verify what comes, and what checks of both need.

Needs PyPI standardwebhooks and svix.
"""

import http.server
import json
import os
import secrets
import socket
import subprocess
import threading
import time
from base64 import b64encode

from standardwebhooks import Webhook as StandardWebhook
from svix.webhooks import Webhook as SvixWebhook

PATIENCE = 60  # seconds that one run may take


class Receiver(http.server.ThreadingHTTPServer):
    """Verifies every delivery with both libraries; answers some events in another way than 204 at first."""

    def __init__(self, secret, answers):
        super().__init__(("127.0.0.1", 0), Handler)
        self.use(secret)
        self.answers = answers
        self.attempts = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def use(self, secret):
        self.verifiers = [StandardWebhook(secret), SvixWebhook(secret)] if secret else []

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
        event = json.loads(body)
        sequence = event.get("data", event)["sequence"]
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

    def command(self, rollcall, *arguments):
        return [rollcall, "watch", self.conference, "--interval", "500ms", *arguments]

    def watch(self, rollcall, *arguments):
        command = self.command(rollcall, *arguments)
        return subprocess.run(command, env=self.environment, capture_output=True, timeout=PATIENCE)


def new_secret():
    return "whsec_" + b64encode(secrets.token_bytes(32)).decode()


def private(path, text):
    """Replaces the file whole, so that whoever reads it meets either text."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.chmod(0o600)
    fresh.rename(path)
    return path


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
