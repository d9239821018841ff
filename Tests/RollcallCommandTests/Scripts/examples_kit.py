"""What the checks of the examples share. Standard library only."""

import contextlib, json, os, signal, subprocess, tempfile, time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../.."))
EXAMPLES = f"{ROOT}/examples"


class Space:
    """A simulated space in a process of its own."""

    def __init__(self, described):
        self.sid = described["conferences"][0]["sid"]
        self.origin = described["origin"]
        self.environment = dict(PATH=os.environ["PATH"], HOME="/nowhere", SIGNALWIRE_SPACE=self.origin,
                                SIGNALWIRE_SPACE_URL=self.origin, SIGNALWIRE_PROJECT_ID=described["project"],
                                SIGNALWIRE_API_TOKEN=described["token"])


@contextlib.contextmanager
def simulated(rollcall, people, steps=(), name="examples"):
    """A space with one conference of that name."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(dict(rooms=[dict(friendly_name=name, people=[dict(name=one) for one in people], steps=list(steps))]), file)
        file.flush()
        process = subprocess.Popen([rollcall, "simulate", "--scenario", file.name], stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        try:
            yield Space(json.loads(process.stdout.readline()))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def until(condition, seconds=30):
    """Waits for something, so long at the most, and says whether it came about."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def text(path):
    """What a file holds; nothing where there is none yet."""
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        return ""
