#!/usr/bin/env python3
"""Takes webhooks of rollcall: verifies them, takes each event once, and notices holes. Needs PyPI's standardwebhooks.

Usage: ROLLCALL_WEBHOOK_SECRET=whsec_… receiver.py [PORT]
       rollcall watch <conference-sid> --webhook http://127.0.0.1:8788/ --webhook-secret-file secret
"""

import os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["ROLLCALL_WEBHOOK_SECRET"])
# A real receiver keeps them where they outlast it, for as long as rollcall may send an event again.
seen = set()


def take(event):
    """What is to be done about an event; it comes once, and events of a conference in their order."""
    print(event["timestamp"], event["type"], event.get("call_sid", ""), flush=True)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        if length > 65536:
            return self.answer(413)
        body = self.rfile.read(length)
        try:
            # Verifies the very bytes, and refuses what is over five minutes old.
            event = webhook.verify(body, {name.lower(): value for name, value in self.headers.items()})
        except WebhookVerificationError:
            return self.answer(401)
        if event["id"] not in seen:
            previous = self.headers.get("rollcall-previous-id")
            if previous and seen and previous not in seen:
                print(f"missing: {previous}", file=sys.stderr, flush=True)
            take(event)
            seen.add(event["id"])
        # Only now: what is answered with 2xx does not come again.
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        # What was not read must not be taken for the next request.
        if status != 204:
            self.send_header("Content-Length", "0")
            self.close_connection = status == 413
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8788), Receiver)
print(f"listening on http://127.0.0.1:{server.server_address[1]}/", file=sys.stderr, flush=True)
server.serve_forever()
