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
