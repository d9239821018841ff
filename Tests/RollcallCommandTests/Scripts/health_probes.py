"""Probes a watch while other clients occupy its connections, and while it has no free descriptors.

Usage: health_probes.py PATH-OF-ROLLCALL
"""

import os, resource, shutil, signal, socket, subprocess, sys, tempfile, time, urllib.request

from kit.costs import descriptors
from kit.loopback import unused_port
from kit.simulated_space import SimulatedSpace
from kit.verdict import check
from kit.waiting import until

CONNECTIONS = 256  # the server's maximum
SPARE = 10  # descriptors that come and go besides connections to the port
TRIES = 5  # attempts to accept that the check waits for
FEW = 100  # attempts per second at most; without a pause there would be thousands
PROBES = 20


def status(port, seconds=20, host="127.0.0.1"):
    try:
        with urllib.request.urlopen(f"http://{host}:{port}/healthz", timeout=seconds) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def is_free(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        return False
    except ConnectionRefusedError:
        return True


def held(port, text):
    """Opens connections, and sends a text over each of them."""
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    for connection in connections:
        connection.sendall(text)
    return connections


def crowded(port):
    answer = b"GET /healthz HTTP/1.1\r\n\r\n"
    for text, what in ((b"", "say nothing"), (answer, "were answered"), (b"GET /healthz HTTP/1.1\r\nHost:", "stop in a request")):
        connections = held(port, text)
        if text == answer:
            for connection in connections:
                connection.recv(1000)
        found = [status(port) for _ in range(PROBES)]
        check(found == [200] * PROBES, f"probes are answered beside {CONNECTIONS} connections that {what}", found)
        for connection in connections:
            connection.close()


class Watch:
    """A watch whose calls of accept are traced."""

    def __init__(self, rollcall, space, port, folder):
        self.calls = f"{folder}/calls"
        words = [rollcall, "watch", space.sid, "--interval", "1s", "--health", str(port)]
        if shutil.which("strace"):
            words = ["strace", "-f", "-o", self.calls, "-e", "trace=accept,accept4", *words]
        self.process = subprocess.Popen(words, env=space.environment, stdout=subprocess.DEVNULL, start_new_session=True)

    @property
    def pid(self):
        """The process of the watch, which is a child of strace."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as children:
            return int(children.read().split()[0])

    @property
    def count(self):
        with open(self.calls) as calls:
            return sum("EMFILE" in line for line in calls)

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def starved(watch, port, calm):
    """Without free descriptors, the watch attempts to accept now and then, and succeeds once there are some again."""
    pid = watch.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    # Connections that have ended but are closed only later would free descriptors.
    check(until(lambda: len(descriptors(pid)) <= calm + SPARE), "ended connections are closed", descriptors(pid))
    taken = descriptors(pid)
    # All lower numbers are taken.
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (min(set(range(len(taken) + 1)) - taken), hard))
    waiting = []

    def is_refused():
        # One more connection uses any descriptor that the watch has closed since.
        if watch.count == 0 and len(waiting) < SPARE * 2:
            waiting.append(socket.create_connection(("127.0.0.1", port)))
        return watch.count > 0

    check(until(is_refused), "a connection cannot be accepted")
    before, began = watch.count, time.monotonic()
    check(until(lambda: watch.count >= before + TRIES), "accepting is attempted again")
    # On a slow machine there are only fewer attempts.
    rate = (watch.count - before) / (time.monotonic() - began)
    check(rate < FEW, f"{rate:.0f} attempts per second, expected fewer than {FEW}", rate)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
    check(status(port) == 200, "a probe is answered once there are descriptors again")
    for connection in waiting:
        connection.close()


def successor(rollcall, space, port):
    """A watch that is ending but cannot deliver frees its port at once, although a connection stays open."""
    receiver = socket.create_server(("127.0.0.1", 0))
    receiver.settimeout(30)
    words = [rollcall, "watch", space.sid, "--interval", "1s", "--health", str(port)]
    hook = f"http://127.0.0.1:{receiver.getsockname()[1]}/"
    old = subprocess.Popen([*words, "--webhook", hook], env=space.environment, stdout=subprocess.DEVNULL)
    check(until(lambda: status(port) == 200), "a watch with a hanging receiver is healthy")
    idle = socket.create_connection(("127.0.0.1", port))
    # A watch is healthy before it has events. Once it posts them, it never gets an answer.
    posted = receiver.accept()[0]
    old.send_signal(signal.SIGTERM)
    freed = until(lambda: is_free(port))
    check(freed and old.poll() is None, "an ending watch frees its port while it still delivers")
    new = subprocess.Popen(words, env=space.environment, stdout=subprocess.DEVNULL)
    try:
        check(until(lambda: status(port) == 200), "the next watch on the port is healthy")
        old.send_signal(signal.SIGTERM)
        old.wait()
        check(status(port) == 200 and new.poll() is None, "the next watch stays healthy")
    finally:
        idle.close()
        posted.close()
        for process in (old, new):
            process.kill()
            process.wait()


def every_address(rollcall, space, port):
    """IPv6 addresses, if the machine has IPv6."""
    if not socket.has_ipv6 or not os.path.exists("/proc/net/if_inet6") or not open("/proc/net/if_inet6").read():
        print("skipped: IPv6 addresses (the machine has none)")
        return
    for address, hosts in (("[::1]", ["[::1]"]), ("[::]", ["[::1]", "127.0.0.1"])):
        words = [rollcall, "watch", space.sid, "--interval", "1s", "--health", f"{address}:{port}"]
        watch = subprocess.Popen(words, env=space.environment, stdout=subprocess.DEVNULL)
        try:
            for host in hosts:
                check(until(lambda: status(port, host=host) == 200), f"a probe of {address} is answered at {host}")
        finally:
            watch.kill()
            watch.wait()


def main():
    folder, port = tempfile.mkdtemp(), unused_port()
    try:
        with SimulatedSpace(sys.argv[1], "quiet") as space:
            watch = Watch(sys.argv[1], space, port, folder)
            try:
                check(until(lambda: status(port) == 200), "the watch is healthy")
                calm = len(descriptors(watch.pid)) if shutil.which("strace") else 0
                crowded(port)
                if shutil.which("strace"):
                    starved(watch, port, calm)
                else:
                    print("skipped: a watch without free descriptors (needs strace)")
            finally:
                watch.kill()
            successor(sys.argv[1], space, unused_port())
            every_address(sys.argv[1], space, unused_port())
    finally:
        shutil.rmtree(folder)


main()
