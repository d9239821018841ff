#!/usr/bin/env python3
"""Follows the README's tour without an account, command by command, like a new user.

Usage: tour.py PATH-OF-ROLLCALL
"""

import json, os, re, subprocess, sys, tempfile
from kit.loopback import unused_port
from kit.verdict import check

rollcall = os.path.realpath(sys.argv[1])
root = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../.."))
PATIENCE = 120  # seconds for all of it
PORT = str(unused_port())  # instead of the README's port, which another check may use

with open(f"{root}/README.md", encoding="utf-8") as file:
    tour = file.read().split("## A tour without an account", 1)[1].split("\n## ", 1)[0]
commands = "".join(re.findall(r"```sh\n(.*?)```", tour, re.DOTALL)).splitlines()
check(sum("rollcall " in command for command in commands) == 7, "the tour has seven commands", commands)

script = ["set -eu", 'trap "kill \\$(jobs -p) 2>/dev/null || true" EXIT']
for command in commands:
    command = command.replace("8787", PORT).replace("rollcall listen", f"rollcall listen --port {PORT}")
    if "--live" in command:  # The README's reader presses Ctrl-C once.
        command = f"timeout --foreground --preserve-status --signal=INT 3 {command}"
    script.append(re.sub(r"--for \w+", "--for 5s", command))
    if written := re.search(r"simulate .*> (\S+) &", command):
        script.append(f"until [ -s {written[1]} ]; do sleep 0.1; done")
    if command.startswith("rollcall listen"):
        script.append("until (exec 3<>/dev/tcp/127.0.0.1/%s) 2>/dev/null; do sleep 0.1; done" % PORT)

with tempfile.TemporaryDirectory() as folder:
    os.symlink(rollcall, f"{folder}/rollcall")
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": folder}
    run = subprocess.run(
        ["bash", "-c", "\n".join(script)], cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    check(run.returncode == 0, "every command of the tour ends with status 0", (run.returncode, run.stderr))
    listed = [json.loads(line) for line in run.stdout.splitlines() if '"friendly_name"' in line and '"type"' not in line]
    check([one["friendly_name"] for one in listed] == ["busy-1", "busy-2", "busy-3"], "the tour lists three conferences", run.stdout[:400])
    with open(f"{folder}/events.ndjson", encoding="utf-8") as file:
        types = [json.loads(line)["type"] for line in file]
    check({"conference.present", "participant.present", "watch.started"} < set(types), "the receiver of the tour gets events", types)
    with open(f"{folder}/timeline.html", encoding="utf-8") as file:
        check("busy-1" in file.read(), "the page of the tour shows the conference")
