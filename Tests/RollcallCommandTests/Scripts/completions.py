#!/usr/bin/env python3
"""Types into real shells on terminals of their own, and presses Tab where rollcall's completions must complete the word.

Usage: completions.py PATH-OF-ROLLCALL
"""

import os, pty, re, select, signal, sys, tempfile, time
from kit.verdict import check

rollcall = os.path.realpath(sys.argv[1])
PATIENCE = 20
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"],
             "bind 'set bell-style none'; rollcall() { echo \"GOT:$*.\"; }; source completions.bash"),
    "zsh": (["zsh", "-f", "-i"],
            "unsetopt zle_bracketed_paste; autoload -U compinit; compinit -u -D; rollcall() { echo \"GOT:$*.\" }; source completions.zsh"),
    "fish": (["fish", "--no-config", "-i"],
             "function rollcall; echo \"GOT:$argv.\"; end; source completions.fish"),
}
# What is typed, and the arguments that the command then gets.
CASES = {
    "wat\t": "watch",
    "watch --webhook-form\tcl\t": "watch --webhook-format cloudevents",
    "watch --confirm-left n\t": "watch --confirm-left none",
    "watch --token-file tok\t": "watch --token-file token.txt",
    "watch --provider tw\t": "watch --provider twilio",
    "watch --events watch.heart\t": "watch --events watch.heartbeat",
    "watch --only-changes-of coa\t": "watch --only-changes-of coaching",
    "simulate --scenario finished\t": "simulate --scenario finished-rows",
    "simulate --scenario tok\t": "simulate --scenario token.txt",
    "list x --muted t\t": "list x --muted true",
    "events --format nd\t": "events --format ndjson",
    "simulate --format e\t": "simulate --format env",
    "conferences --all\t": "conferences --all-statuses",
    "diff tok\t": "diff token.txt",
    "help --sch\t": "help --schema",
    "help sim\t": "help simulate",
    "completions fi\t": "completions fish",
}


class Shell:
    """An interactive shell on a terminal of its own."""

    def __init__(self, command, folder):
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, dict(PATH=os.environ["PATH"], HOME=folder, TERM="dumb", PS1="> ", LC_ALL="C.UTF-8",
                                                 XDG_CONFIG_HOME=folder, XDG_DATA_HOME=folder))
        self.seen = ""

    def type(self, text):
        os.write(self.terminal, text.encode())

    def answers(self, pattern, seconds=PATIENCE):
        """Reads until the terminal shows the pattern, and returns the match; None if it never appears."""
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.seen)) and time.monotonic() < end:
            if select.select([self.terminal], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.terminal, 65536).decode(errors="replace")
                except OSError:
                    break
        return found

    def ask(self, keys):
        self.seen = ""
        for part in re.split("(\t)", "rollcall " + keys):
            self.type(part)
            if part == "\t":
                # The output of a busy shell would be mistaken for the rest of the word.
                self.settle()
        self.type("\r")
        found = self.answers(r"GOT:([^\r\n]*)\.\s*[\r\n]")
        return " ".join(found[1].split()) if found else None

    def settle(self):
        """Reads until the terminal has been quiet for a while."""
        quiet = time.monotonic() + 0.4
        end = time.monotonic() + PATIENCE
        while time.monotonic() < min(quiet, end):
            if select.select([self.terminal], [], [], 0.05)[0]:
                self.seen += os.read(self.terminal, 65536).decode(errors="replace")
                quiet = time.monotonic() + 0.4

    def end(self):
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.terminal)


with tempfile.TemporaryDirectory() as folder:
    with open(f"{folder}/token.txt", "w"):
        pass
    for name, (command, start) in SHELLS.items():
        os.system(f"'{rollcall}' completions {name} >'{folder}/completions.{name}'")
        shell = Shell(command, folder)
        shell.settle()
        shell.type(f"{start}; echo REA''DY\r")
        check(shell.answers("READY"), f"{name} loads its completions", shell.seen)
        shell.settle()
        for keys, expected in CASES.items():
            found = shell.ask(keys)
            check(found == expected, f"{name} completes: {expected}", (found, shell.seen))
        shell.end()
