"""Makes an HTTP/2 connection go silent, and checks that later events arrive over another connection.

Usage: silent_connection.py PATH-OF-ROLLCALL
Needs PyPI h2, and openssl.
"""

import json
import os
import socket
import sys
import tempfile
import threading

import h2.config
import h2.connection
import h2.events

from kit.authority import NAMES, Authority
from kit.command_run import Run
from kit.fake_space import Space
from kit.verdict import check
from kit.waiting import until


class Receiver:
    """Accepts events over HTTP/2; `taken` has the connection's number and the type of each. A silent connection still reads,
    but never answers."""

    def __init__(self, context):
        context.set_alpn_protocols(["h2"])
        self.context, self.taken, self.silent, self.unanswered, self.connections = context, [], set(), [], 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            raw, _ = self.socket.accept()
            self.connections += 1
            threading.Thread(target=self.serve, args=(self.connections, raw), daemon=True).start()

    def serve(self, number, raw):
        try:
            with self.context.wrap_socket(raw, server_side=True) as connection:
                self.converse(number, connection)
        except OSError:
            pass

    def converse(self, number, connection):
        state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        state.initiate_connection()
        connection.sendall(state.data_to_send())
        bodies = {}
        while data := connection.recv(65536):
            for event in state.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    bodies[event.stream_id] = b""
                elif isinstance(event, h2.events.DataReceived):
                    bodies[event.stream_id] += event.data
                    state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    self.take(number, state, event.stream_id, json.loads(bodies.pop(event.stream_id))["type"])
            if number not in self.silent:
                connection.sendall(state.data_to_send())

    def take(self, number, state, stream, kind):
        if number in self.silent:
            self.unanswered.append((number, kind))
            return
        self.taken.append((number, kind))
        state.send_headers(stream, [(":status", "204")], end_stream=True)


def main(rollcall):
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(folder)
        authority.sign("good", NAMES)
        receiver, space = Receiver(authority.server("good")), Space(people=1)
        sid = space.sids[0]
        person = sorted(space.rooms[sid])[0]
        run = Run(rollcall, ["watch", sid, "--interval", "200ms", "--webhook", f"https://127.0.0.1:{receiver.port}/",
                             "--webhook-timeout", "1s", "--ca-file", f"{folder}/ca.pem"], space)
        check(until(lambda: "watch.started" in [kind for _, kind in receiver.taken]), "events arrive over HTTP/2", run.errors)
        check({number for number, _ in receiver.taken} == {1}, "the first events use one connection", receiver.taken)
        receiver.silent.add(1)
        space.change(sid, person, muted=True)
        check(until(lambda: "participant.muted" in [kind for _, kind in receiver.taken], 60),
              "an event arrives after the connection has gone silent", (receiver.unanswered, run.errors))
        check(receiver.unanswered == [(1, "participant.muted")], "that event was attempted once over the silent connection", receiver.unanswered)
        space.change(sid, person, muted=False)
        check(until(lambda: "participant.unmuted" in [kind for _, kind in receiver.taken]), "later events arrive")
        check(receiver.connections == 2, "later events use the new connection", receiver.connections)
        run.stop()


main(os.path.realpath(sys.argv[1]))
