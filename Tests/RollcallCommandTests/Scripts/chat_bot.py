#!/usr/bin/env python3
"""Runs Errbot with the plugin of examples/chatops, which verifies what rollcall posts and informs a room.

Usage: chat_bot.py PATH-OF-ROLLCALL

Needs PyPI errbot and standardwebhooks.
"""

import os, pathlib, subprocess, sys, tempfile, threading, time, urllib.error, urllib.request

from kit.command_run import Run, run
from kit.fake_space import Space
from kit.loopback import unused_port
from kit.verdict import check

rollcall = os.path.realpath(sys.argv[1])
EXAMPLE = pathlib.Path(__file__).resolve().parents[3] / "examples/chatops"
ERRBOT = pathlib.Path(sys.executable).parent / "errbot"
PATIENCE = 60


class Bot:
    """Errbot with a pipe as its terminal."""

    def __init__(self, home, secret):
        self.port = unused_port()
        environment = os.environ | {"ROLLCALL_BOT_HOME": str(home), "ROLLCALL_WEBHOOK_SECRET": secret}
        settings = {"configs": {"Webserver": {"HOST": "127.0.0.1", "PORT": self.port}}}
        command = [str(ERRBOT), "-c", str(EXAMPLE / "config.py")]
        subprocess.run([*command, "--storage-set", "core"], input=repr(settings).encode(), env=environment, check=True,
                       capture_output=True, timeout=PATIENCE)
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.said = bytearray()
        threading.Thread(target=Run.read, args=(self.process.stdout, self.said), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/rollcall"

    def says(self, text, times=1):
        end = time.monotonic() + PATIENCE
        while self.said.decode(errors="replace").count(text) < times:
            if time.monotonic() > end or self.process.poll() is not None:
                raise SystemExit(f"FAILED: the bot does not say {text!r}: {self.said.decode(errors='replace')[-3000:]}")
            time.sleep(0.05)
        print(f"ok: the bot says {text!r}")

    def ask(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def answers(self):
        """Posts an unsigned event."""
        try:
            return urllib.request.urlopen(urllib.request.Request(self.url, data=b"{}"), timeout=5).status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None


with tempfile.TemporaryDirectory() as folder:
    secret = run(rollcall, ["secret"]).out.decode().strip()
    space, bot = Space(people=2), Bot(folder, secret)
    sid = space.sids[0]
    try:
        end = time.monotonic() + PATIENCE
        while (status := bot.answers()) in (None, 404) and time.monotonic() < end:
            time.sleep(0.1)
        check(status == 401, "an unsigned event is rejected", status)
        key = pathlib.Path(folder, "secret")
        key.write_text(secret)
        key.chmod(0o600)
        watch = Run(rollcall, ["watch", sid, "--interval", "200ms", "--webhook", bot.url, "--webhook-secret-file", str(key)], space)
        bot.says("0002 is in the room")
        with space.lock:
            coach = space.enter(sid, label="@all **Coach**")
            space.change(sid, coach, coaching=True, call_sid_to_coach="call-000001")
        bot.says("@\u200ball **Coach** joined · 3 in the room")
        bot.says("@\u200ball **Coach** started coaching …0001")
        bot.ask("!who")
        bot.says("In the room: …0001, …0002, @\u200ball **Coach** (coaching)")
        with space.lock:
            space.end(sid)
        bot.says("the conference ended")
        check(watch.wait() == 0, "every event was delivered", watch.errors)
        bot.ask("!who")
        bot.says("Nobody is in a room.")
    finally:
        bot.process.stdin.close()
        try:
            bot.process.wait(20)
        except subprocess.TimeoutExpired:
            bot.process.kill()
