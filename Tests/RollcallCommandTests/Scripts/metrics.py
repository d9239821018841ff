"""Compares the metrics of `--health` with the written events, using the parser of Prometheus' own client.

Usage: metrics.py PATH-OF-ROLLCALL
Needs PyPI prometheus-client.
"""

import collections
import json
import signal
import subprocess
import sys
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from kit.loopback import unused_port
from kit.receivers import Receiver, wait_for, wait_until, watching
from kit.simulated_space import SimulatedSpace
from kit.verdict import check


def families(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as reply:
        check(reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8", "metrics have their content type")
        text = reply.read().decode()
    found = {family.name: family for family in text_string_to_metric_families(text)}
    check(text.count("# TYPE ") == len(found), "every metric has one TYPE line", sorted(found))
    return found


def values(family, label):
    return {sample.labels[label]: int(sample.value) for sample in family.samples}


def main():
    port = unused_port()
    receiver = Receiver(None, {2: [503]})
    with SimulatedSpace(sys.argv[1], "demo") as space:
        arguments = ["--webhook", receiver.url, "--health", str(port), "--heartbeat", "1s"]
        run = subprocess.Popen(watching(sys.argv[1], space, *arguments), env=space.environment, stdout=subprocess.PIPE)
        wait_for(port)
        lines = [json.loads(run.stdout.readline()) for _ in range(12)]
        wait_until(lambda: len({attempt[0] for attempt in receiver.attempts if attempt[1] == 204}) >= 12)
        # Reports are made once per second: the next one includes at least these events.
        wait_until(lambda: sum(values(families(port)["rollcall_events"], "type").values()) >= 12)
        found = families(port)
        run.send_signal(signal.SIGTERM)
        lines += [json.loads(line) for line in run.stdout]
        check(run.wait() == 0, "the run ends with status 0")
    told = values(found["rollcall_events"], "type")
    written = collections.Counter(line["type"] for line in lines)
    check(all(told[name] <= written[name] for name in told), "only written events are counted", told)
    delivered = {(s.labels["target"], s.labels["outcome"]): s.value for s in found["rollcall_deliveries"].samples}
    webhook = next(target for target, _ in delivered if target != "stdout")
    check(12 <= delivered["stdout", "delivered"] <= len(lines), "written lines are counted", delivered)
    check(delivered[webhook, "failed"] == 1, "a failed attempt is counted", delivered)
    check(delivered[webhook, "dead_letter"] == 0, "nothing was given up", delivered)
    delays = {sample.name: sample.value for sample in found["rollcall_poll_delay_seconds"].samples}
    polls = found["rollcall_polls"].samples[0].value
    check(delays["rollcall_poll_delay_seconds_count"] == polls >= 1, "every poll is in the histogram", delays)
    check(found["rollcall_requests"].samples[0].value >= polls, "there is at least one request for each poll")
    check(found["rollcall_poll_interval_seconds"].samples[0].value == 0.5, "the interval is the requested one")


main()
