#!/usr/bin/env python3
"""Watches a simulated space that sends callbacks: directly over IPv6, behind nginx with TLS, with losses, and under attack.

Usage: callbacks.py PATH-OF-ROLLCALL

Times are printed; only bounds that even a busy machine keeps are checked.
"""

import json, os, shutil, subprocess, sys, tempfile, time
from pathlib import Path
from kit.authority import NAMES, Authority
from kit.callbacks import TOKEN, HintedWatch, Mover, flood, post, quantile, unused_port6
from kit.loopback import unused_port
from kit.simulated_space import SimulatedSpace
from kit.verdict import check
from kit.waiting import until

rollcall = os.path.realpath(sys.argv[1])
PEOPLE = [{"name": f"person-{number}"} for number in range(12)]
SPACING = 1.1  # seconds between two changes
WRONG_TOKENS = 10_000
HINTS = 2000
HINTED_POLLS_PER_SECOND = 5


def scenario(*faults):
    return {"name": "callbacks", "faults": list(faults), "rooms": [{"friendly_name": "callbacks", "people": PEOPLE}]}


def move(space, watch, count):
    """Makes changes that callbacks report, and waits until each has become a line."""
    mover, newcomer = Mover(space), None
    for number in range(count):
        if number % 5 == 3:
            newcomer = mover.join()
        elif number % 5 == 4:
            mover.leave(newcomer)
        else:
            mover.toggle()
        end = mover.changes[-1][2] + SPACING
        until(lambda: time.monotonic() >= end)
    until(lambda: not mover.delays(watch)[1], 60)
    return mover.delays(watch)


def figures(name, delays):
    quick = sum(delay <= 0.1 for delay in delays)
    print(f"   {name}: {quick} of {len(delays)} changes within 0.1 s; median {quantile(delays, .5) * 1000:.0f} ms,"
          f" worst {max(delays) * 1000:.0f} ms")


def direct(token_file):
    """Callbacks over IPv6, directly and without losses."""
    port = unused_port6()
    with SimulatedSpace(rollcall, scenario(), "signalwire", "--status-callback",
                        f"http://[::1]:{port}/callbacks/{TOKEN}") as space:
        watch = HintedWatch(rollcall, space, "10m", f"[::1]:{port}", token_file)
        check(watch.until(lambda run: "watch.started" in run.types), "direct: the watch begins", watch.err)
        delays, missing = move(space, watch, 10)
        check(not missing, "direct: every change is reported", missing)
        figures("direct, over IPv6", delays)
        check(quantile(delays, .5) < 1, "direct: changes are found long before the interval is over", delays)
        check(watch.settled('rollcall_changes_total{hinted="true"}') == 10, "direct: every change counts as announced")
        check(watch.metric('rollcall_changes_total{hinted="false"}') == 0, "direct: no change counts as unannounced")
        check(watch.metric("rollcall_hints_total") == 10, "direct: every callback is counted")
        attack(watch, space, ("::1", port))
        check(watch.stop() == 0, "direct: the watch ends", watch.err)
        check(TOKEN not in watch.err.decode() + watch.out.decode(), "direct: the token is not shown")


def attack(watch, space, address):
    """Invalid callbacks cost almost nothing and are logged once."""
    path = f"/callbacks/{TOKEN}"
    before, requests = len(watch.errors), watch.settled("rollcall_requests_total")
    check(post(address, path, b"a" * (2 << 20)) == 413, "attacked: 2 MB are 413")
    check(post(address, path, b"ConferenceSid=" + b"c" * (16 << 10)) == 413, "attacked: more than 16 KiB get a 413")
    sids = b"&".join(b"ConferenceSid=%d" % number for number in range(800))
    for body in (b"", b"CallSid=a", b"{}", b"{", json.dumps([{"ConferenceSid": str(n)} for n in range(500)]).encode(), sids):
        check(post(address, path, body) == 204, f"attacked: {body[:20]} is accepted and ignored")
    check(post(address, path, method="GET") == 405, "attacked: GET is 405")
    check(post(address, "/") == 404 and post(address, path + "/x") == 404, "attacked: other paths get a 404")
    check(post(address, path, b"ConferenceSid=unknown") == 204, "attacked: an unknown conference is accepted")
    cpu, start = watch.cpu, time.monotonic()
    statuses = flood(address, lambda number: f"/callbacks/{number}", WRONG_TOKENS)
    check(set(statuses) == {404}, f"attacked: {WRONG_TOKENS} wrong tokens get a 404", set(statuses))
    print(f"   {WRONG_TOKENS} wrong tokens: {(watch.cpu - cpu) * 1e6 / WRONG_TOKENS:.0f} µs of CPU each,"
          f" in {time.monotonic() - start:.1f} s")
    check(watch.settled("rollcall_requests_total") == requests, "attacked: nothing of that causes a request")
    check(len(watch.errors) == before + 2, "attacked: a wrong token and a missing sid are logged once each", watch.errors)
    start = time.monotonic()
    body = f"ConferenceSid={space.sid}".encode()
    check(set(flood(address, lambda _: path, HINTS, body)) == {204}, f"attacked: {HINTS} hints are accepted")
    seconds = time.monotonic() - start + 3
    polls = watch.settled("rollcall_requests_total") - requests
    check(1 <= polls <= seconds * HINTED_POLLS_PER_SECOND + 5, f"attacked: they cause {polls} polls in {seconds:.1f} s")


def proxied(home, authority, token_file):
    """Callbacks behind nginx, which ends TLS and passes them on over IPv6."""
    port, front = unused_port6(), unused_port()
    config = home / "nginx.conf"
    config.write_text(f"""
daemon off; error_log {home}/errors; pid {home}/pid; worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off; client_max_body_size 4m;
  client_body_temp_path {home}/t1; proxy_temp_path {home}/t2; fastcgi_temp_path {home}/t3;
  uwsgi_temp_path {home}/t4; scgi_temp_path {home}/t5;
  server {{
    listen 127.0.0.1:{front} ssl http2;
    ssl_certificate {authority.folder}/server.pem; ssl_certificate_key {authority.folder}/server.key;
    location /hooks/ {{ proxy_pass http://[::1]:{port}/callbacks/; }}
  }}
}}
""")
    nginx = subprocess.Popen(["nginx", "-c", str(config), "-e", str(home / "errors")])
    try:
        until(lambda: (home / "pid").exists())
        os.environ["SSL_CERT_FILE"] = f"{authority.folder}/ca.pem"
        with SimulatedSpace(rollcall, scenario("callbacks-repeated", "callbacks-reordered"), "signalwire",
                            "--status-callback", f"https://127.0.0.1:{front}/hooks/{TOKEN}") as space:
            watch = HintedWatch(rollcall, space, "30s", f"[::]:{port}", token_file)
            check(watch.until(lambda run: "watch.started" in run.types), "proxied: the watch begins", watch.err)
            delays, missing = move(space, watch, 10)
            check(not missing, "proxied: every change is reported", missing)
            figures("behind nginx, repeated and out of order", delays)
            check(watch.settled("rollcall_hints_total") >= 10, "proxied: callbacks arrive")
            check(watch.stop() == 0 and not watch.errors, "proxied: the watch ends", watch.err)
    finally:
        os.environ.pop("SSL_CERT_FILE", None)
        nginx.terminate()
        nginx.wait()


def lossy(token_file):
    """A fifth of the callbacks are lost, but no event is."""
    port = unused_port()
    with SimulatedSpace(rollcall, scenario("callbacks-lost"), "signalwire", "--seed", "3", "--status-callback",
                        f"http://127.0.0.1:{port}/callbacks/{TOKEN}") as space:
        watch = HintedWatch(rollcall, space, "30s", str(port), token_file)
        check(watch.until(lambda run: "watch.started" in run.types), "lossy: the watch begins", watch.err)
        delays, missing = move(space, watch, 20)
        check(not missing, "lossy: no change is lost", missing)
        figures("a fifth lost", delays)
        hints = watch.settled("rollcall_hints_total")
        check(0 < hints < 20, f"lossy: {20 - hints} of 20 callbacks are lost")
        check(watch.stop() == 0 and not watch.errors, "lossy: the watch ends", watch.err)


def renewed(home, space_scenario):
    """SIGHUP reloads the token; if the new one is invalid, the old one stays in use."""
    port, file = unused_port(), home / "renewed"
    file.write_text(TOKEN)
    file.chmod(0o600)
    with SimulatedSpace(rollcall, space_scenario) as space:
        watch = HintedWatch(rollcall, space, "30s", str(port), str(file))
        check(watch.until(lambda run: "watch.started" in run.types), "renewed: the watch begins", watch.err)
        file.write_text("short")
        watch.process.send_signal(1)
        check(watch.until(lambda run: any("callback token stays" in line for line in run.errors)),
              "renewed: an invalid token is reported", watch.err)
        check(post(("127.0.0.1", port), f"/callbacks/{TOKEN}") == 204, "renewed: the old token stays valid")
        file.write_text("x" + TOKEN)
        watch.process.send_signal(1)
        check(until(lambda: post(("127.0.0.1", port), f"/callbacks/x{TOKEN}") == 204), "renewed: a new token becomes valid")
        check(post(("127.0.0.1", port), f"/callbacks/{TOKEN}") == 404, "renewed: the old token becomes invalid")
        check(watch.stop() == 0, "renewed: the watch ends", watch.err)


def main():
    home = Path(tempfile.mkdtemp())
    # nginx's workers drop their privileges.
    home.chmod(0o755)
    try:
        token_file = home / "token"
        token_file.write_text(TOKEN + "\n")
        token_file.chmod(0o600)
        (home / "ca").mkdir()
        authority = Authority(str(home / "ca"))
        authority.sign("server", NAMES)
        direct(str(token_file))
        proxied(home, authority, str(token_file))
        lossy(str(token_file))
        renewed(home, "quiet")
    finally:
        shutil.rmtree(home)


main()
