"""A space that `rollcall simulate` serves, and requests that change its rooms. Standard library only."""

import json, os, subprocess, tempfile, threading, urllib.parse, urllib.request
from base64 import b64encode

PATIENCE = 20  # seconds that ending it may take
OWN = ("SIGNALWIRE_", "TWILIO_", "TELNYX_", "ROLLCALL_")  # the prefixes of variables that rollcall reads
BASES = {"signalwire": "/api/laml/2010-04-01", "twilio": "/2010-04-01", "telnyx": "/v2/texml"}


class SimulatedSpace:
    """Runs until the block ends, or until it is stopped.

    The scenario is the name of a built-in one, or the contents of a scenario file.
    """

    def __init__(self, rollcall, scenario, provider="signalwire", *arguments):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            if not isinstance(scenario, str):
                json.dump(scenario, file)
                file.flush()
                scenario = file.name
            self.process = subprocess.Popen(
                [rollcall, "simulate", "--scenario", scenario, "--provider", provider, *arguments],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"FAILED: the simulation did not start: {self.process.communicate()[1].decode()}")
        # The later output does not matter, but must not fill the pipe.
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        self.facts = json.loads(line)
        self.provider = provider
        self.origin, self.project, self.token = (self.facts[name] for name in ("origin", "project", "token"))
        self.sids = [conference["sid"] for conference in self.facts["conferences"]]
        self.sid = self.sids[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise SystemExit("FAILED: the simulation did not end after the signal")
        finally:
            self.process.stdout.close()

    @property
    def account(self):
        """Returns the variables that a user with an account at SignalWire sets."""
        return {"SIGNALWIRE_SPACE": self.origin, "SIGNALWIRE_PROJECT_ID": self.project, "SIGNALWIRE_API_TOKEN": self.token}

    @property
    def environment(self):
        """Returns this environment, with the account in place of any variables that rollcall reads."""
        return {name: value for name, value in os.environ.items() if not name.startswith(OWN)} | self.account

    def ask(self, path, **form):
        """Returns a resource below the account, after changing it if a form is given."""
        with urllib.request.urlopen(self.request(path, urllib.parse.urlencode(form).encode() if form else None)) as reply:
            return json.load(reply)

    def request(self, path, body=None, method=None):
        key = f"Bearer {self.token}" if self.provider == "telnyx" else (
            "Basic " + b64encode(f"{self.project}:{self.token}".encode()).decode())
        suffix = ".json" if self.provider == "twilio" else ""
        return urllib.request.Request(
            f"{self.origin}{BASES[self.provider]}/Accounts/{self.project}/{path}{suffix}", body, {"Authorization": key},
            method=method)

    def add(self, sid, **form):
        """Adds a participant and returns their call."""
        return self.ask(f"Conferences/{sid}/Participants", **form)["call_sid"]

    def remove(self, call, sid=None):
        """Removes a participant, by default from the first conference."""
        request = self.request(f"Conferences/{sid or self.sid}/Participants/{call}", method="DELETE")
        with urllib.request.urlopen(request) as reply:
            return reply.status

    def change(self, call, sid=None, **form):
        """Changes a participant, by default in the first conference."""
        return self.ask(f"Conferences/{sid or self.sid}/Participants/{call}", **form)

    def end(self, sid):
        return self.ask(f"Conferences/{sid}", Status="completed")

    @property
    def people(self):
        return [person["call_sid"] for person in self.ask(f"Conferences/{self.sid}/Participants")["participants"]]
