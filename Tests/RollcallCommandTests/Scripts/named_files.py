"""Gives every option for a file a FIFO, a device, a folder, a file that is too long, and a shell's <(…).

Nothing may block: neither the start, nor a watch whose files have become FIFOs when SIGHUP reads them again.
Usage: named_files.py PATH-OF-ROLLCALL
"""

import json, os, shutil, signal, subprocess, sys, tempfile
from pathlib import Path

from kit.authority import Authority
from kit.files import private
from kit.loopback import Handler, serve
from kit.simulated_space import SimulatedSpace
from kit.verdict import check
from kit.waiting import until

PATIENCE = 50  # seconds for a run that must not wait; less than the time allowed for a silent pipe
EXCESS = 65 << 20  # bytes, more than any file may have
REDACTED = ["watch", "SID", "--once", "--redact", "label"]
POSTED = ["watch", "SID", "--once", "--webhook", "HOOK"]

# The option, the exit status if its value is not a file, and the contents that the file must have.
OPTIONS = {
    "--ca-file": (["list", "SID"], 78, "certificate"),
    "--token-file": (["list", "SID"], 78, "token"),
    "--redact-key-file": (REDACTED, 78, "secret"),
    "--webhook-file": (["watch", "SID", "--once"], 78, "url"),
    "--webhook-secret-file": (POSTED, 78, "secret"),
    "--webhook-hub-secret-file": (POSTED, 78, "secret"),
    "--targets": (["watch", "SID", "--once"], 78, "targets"),
    "--names": (["list", "SID", "--format", "text"], 66, "names"),
    "--scenario": (["simulate"], 66, "scenario"),
    "--secret-file": (["listen", "--port", "0"], 78, "secret"),
}


class Taker(Handler):
    """A webhook that accepts everything."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(204)


class Cases:
    def __init__(self, rollcall, space, home):
        self.rollcall, self.space, self.home = rollcall, space, home
        self.hook = f"http://127.0.0.1:{serve(Taker).server_port}/"
        self.environment = space.environment
        authority = Authority(str(home))
        self.contents = {
            "certificate": Path(authority.folder, "ca.pem").read_text(), "token": space.token, "secret": subprocess.check_output([rollcall, "secret"], text=True),
            "url": self.hook, "targets": json.dumps([{"url": self.hook}]),
            "names": f"{space.sid} Support\n",
            "scenario": json.dumps({"name": "none", "conferences": [{"sid": "c", "people": []}]}),
        }

    def run(self, words, shell=""):
        """Returns a command's exit status and its errors; bash interprets `shell` as further arguments."""
        words = [{"SID": self.space.sid, "HOOK": self.hook}.get(word, word) for word in words]
        command = ["bash", "-c", f'exec "$@" {shell}', "-", self.rollcall, *words] if shell else [self.rollcall, *words]
        environment = dict(self.environment)
        if "--token-file" in " ".join(words) + shell:
            del environment["SIGNALWIRE_API_TOKEN"]
        try:
            run = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise SystemExit(f"FAILED: {' '.join(words)} {shell} waits for its file")
        return run.returncode, run.stderr.decode()

    def refused(self, words, path, status, what):
        code, errors = self.run([*words, path])
        check(code == status and errors.count("\n") == 1, f"{words[-1]} with {what} gives exit status {status} and one line", (code, errors))

    def refusals(self, folder):
        fifo, long, directory = folder / "fifo", folder / "long", folder / "directory"
        os.mkfifo(fifo, 0o600)
        directory.mkdir()
        with open(long, "wb") as file:
            file.truncate(EXCESS)
        long.chmod(0o600)
        for option, (words, status, _) in OPTIONS.items():
            excess = {66: 78 if option == "--names" else 65}.get(status, status)
            for path, what, code in ((fifo, "a FIFO that nobody writes to", status), ("/dev/zero", "/dev/zero", status),
                                     (directory, "a folder", status), (long, "too long a file", excess)):
                self.refused([*words, option], str(path), code, what)
        for words in (["diff"], ["events", "--state"], ["room", "--state"],
                      ["resend", "--dead-letters", "--webhook", "HOOK", "--state"]):
            code, errors = self.run([*words, str(fifo), *([str(long)] if words == ["diff"] else [])])
            told = "is an empty pipe" if words == ["diff"] else "is not a regular file"
            check(code == 66 and told in errors, f"{words[0]} with a FIFO without a writer gives exit status 66", (code, errors))

    def substitutions(self):
        """<(…) is read even if it is silent for a while; if it is empty, an error says so."""
        for option, (words, status, kind) in OPTIONS.items():
            if words[0] in ("simulate", "listen"):
                continue  # these keep running; they use the same reader
            private(self.home / kind, self.contents[kind])
            code, errors = self.run(words, f'{option} <(sleep 0.2; cat "{self.home / kind}")')
            check(code == 0 and "pipe" not in errors, f"{option} reads <(…)", (code, errors))
            code, errors = self.run(words, f"{option} <(true)")
            check(code == status and "is an empty pipe" in errors, f"{option} with <(true) gives exit status {status}", (code, errors))
        before = '{"participants":[{"call_sid":"a","conference_sid":"c"}]}'
        code, errors = self.run(["diff"], f"<(echo '{before}') <(sleep 0.2; echo '{before}')")
        check(code == 0, "diff reads <(…)", errors)


def watch(rollcall, space, folder, arguments, environment):
    """A watch that writes its output into the folder."""
    words = [rollcall, "watch", space.sid, "--interval", "100ms", "--format", "text", "--heartbeat", "1s"]
    with open(folder / "errors", "wb") as errors, open(folder / "events", "wb") as written:
        command = ["bash", "-c", f'exec "$@" {arguments}', "-", *words]
        return subprocess.Popen(command, env=environment, stderr=errors, stdout=written)


def renewed(rollcall, space, folder, contents):
    """At SIGHUP every file is a FIFO or a pipe: each old value stays in use, and a line says why."""
    environment = dict(space.environment)
    del environment["SIGNALWIRE_API_TOKEN"]
    kinds = {"--ca-file": "certificate", "--token-file": "token", "--names": "names", "--targets": "targets"}
    for kind in kinds.values():
        private(folder / kind, contents[kind])
    named = " ".join(f'{option} "{folder / kind}"' for option, kind in kinds.items())
    piped = " ".join(f'{option} <(cat "{folder / kind}")' for option, kind in kinds.items())
    for arguments, what in ((named, "files that are later replaced by FIFOs"), (piped, "<(…) for its files")):
        for kind in kinds.values():
            (folder / kind).unlink(missing_ok=True)
            private(folder / kind, contents[kind])
        process = watch(rollcall, space, folder, arguments, environment)
        said = lambda: (folder / "errors").read_text()
        grown = lambda: (folder / "events").stat().st_size
        try:
            check(until(lambda: grown() > 0), f"a watch starts with {what}", said())
            for kind in kinds.values():
                (folder / kind).unlink()
                os.mkfifo(folder / kind, 0o600)
            process.send_signal(signal.SIGHUP)
            check(until(lambda: said().count("is a pipe, which can be read only once, at the start") == 4),
                  f"SIGHUP keeps the value of each file after a start with {what}, and says so", said())
            count = grown()
            check(until(lambda: grown() > count), "the watch continues after the reload", said())
            process.send_signal(signal.SIGTERM)
            check(process.wait(PATIENCE) in (0, 75), "the watch ends at SIGTERM", said())
        finally:
            process.kill()
            process.wait()


def main():
    rollcall, home = sys.argv[1], Path(tempfile.mkdtemp())
    try:
        with SimulatedSpace(rollcall, "quiet") as space:
            cases = Cases(rollcall, space, home)
            (home / "odd").mkdir()
            cases.refusals(home / "odd")
            cases.substitutions()
        with SimulatedSpace(rollcall, "quiet") as space:
            (home / "renewed").mkdir()
            renewed(rollcall, space, home / "renewed", dict(cases.contents, token=space.token, names=f"{space.sid} Support\n"))
    finally:
        shutil.rmtree(home)


main()
