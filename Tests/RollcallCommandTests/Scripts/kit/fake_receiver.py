"""A webhook receiver that records what it accepts. Standard library only."""

import random, threading
from kit.loopback import Handler, serve


class Receiver:
    """A webhook receiver that records what it answered with 200; `refuse` is the share of requests that fail."""

    def __init__(self, port=0, refuse=0.0):
        self.bodies = []
        self.refuse = refuse
        self.lock = threading.Lock()
        receiver = self

        class Posted(Handler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.status(self.headers, body)
                if status == 200:
                    with receiver.lock:
                        receiver.keep(self.headers, body)
                self.answer(status)

        self.server = serve(Posted, port)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"

    def status(self, headers, body):
        """Returns the status to answer with; only what is answered with 200 is kept."""
        return 503 if random.random() < self.refuse else 200

    def keep(self, headers, body):
        self.bodies.append((headers["webhook-id"], body))

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
