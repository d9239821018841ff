"""Receivers that verify deliveries, runs that post to them, and helpers for checking both.

Needs PyPI standardwebhooks and svix.
"""

import http.server
import json
import secrets
import socket
import subprocess
import threading
from base64 import b64encode

from standardwebhooks import Webhook as StandardWebhook
from svix.webhooks import Webhook as SvixWebhook

from kit.simulated_space import SimulatedSpace
from kit.waiting import until

PATIENCE = 60  # seconds that one run may take


class Receiver(http.server.ThreadingHTTPServer):
    """Verifies every delivery with both libraries; answers the first attempts at some events with a failure."""

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
            verifier.verify(body, headers)  # raises, and so breaks the connection, if the signature is invalid
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


def watching(rollcall, space, *arguments):
    return [rollcall, "watch", space.sid, "--interval", "500ms", *arguments]


def watched(rollcall, *arguments):
    """Watches the demo's scenario from its beginning to its end; returns the run and the space, which has ended."""
    with SimulatedSpace(rollcall, "demo") as space:
        command = watching(rollcall, space, *arguments)
        return subprocess.run(command, env=space.environment, capture_output=True, timeout=PATIENCE), space


def new_secret():
    return "whsec_" + b64encode(secrets.token_bytes(32)).decode()


def wait_until(condition):
    if not until(condition, PATIENCE):
        raise SystemExit("FAILED: the condition was not met in time")


def wait_for(port):
    def answers():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_until(answers)
