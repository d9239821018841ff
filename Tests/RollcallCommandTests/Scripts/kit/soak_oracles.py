"""What must be true of a long run: of its alerts, its metrics, and what it costs. Needs PyPI prometheus-client."""

import threading, time, urllib.error, urllib.request
from prometheus_client.parser import text_string_to_metric_families
from kit.costs import cpu_time, descriptors, memory

COUNTERS = ("_total", "_count", "_sum", "_bucket")
SAMPLE = 2.0  # seconds between two samples
GROWTH = 2 << 10  # KiB by which the process may grow from the second third of a run to the last
SLACK = 8  # descriptors, because connections come and go
CPU_RATIO, CPU_SLACK = 1.3, 2.0  # the last third may use this many times the CPU of the second, and percentage points more
JUDGED = 60.0  # seconds without disturbance that a third needs before its CPU time says anything
LATE = 5.0  # seconds that the oldest event of a good target may be waiting, except in a tenth of the samples


def is_true(alert, call, room):
    """Returns whether a room shows the state that an alert is about."""
    kind, *rest = alert.split(":")
    if kind in ("hold", "muted", "coaching"):
        return call in room and bool(room[call][("muted", "hold", "coaching").index(kind)])
    return len(room) > int(rest[0]) if kind == "people" else len(room) == {"alone": 1, "empty": 0}[kind]


class StreamRules:
    """Looks at a stream event by event.

    An alert is raised once while its state lasts, and resolved when the state ends. The times of a conference never go back.
    """

    def __init__(self):
        self.open, self.raised, self.times, self.reasons, self.epochs = set(), 0, {}, {}, []

    def look(self, event, room):
        sid, faults = event.get("conference_sid"), []
        if event["timestamp"] < self.times.get(sid, ""):
            faults.append(f"{event['id']}: {event['timestamp']} follows {self.times[sid]}")
        self.times[sid] = event["timestamp"]
        epoch = event["id"].split("_")[1]
        if epoch not in self.epochs[-1:]:
            faults += [f"{event['id']}: its epoch has been before"] if epoch in self.epochs else []
            self.epochs.append(epoch)
        if event["type"] == "watch.resumed":
            self.reasons[event["reason"]] = self.reasons.get(event["reason"], 0) + 1
        if event["type"] in ("alert.raised", "alert.resolved"):
            faults += self.alert(event, event["type"] == "alert.raised", room)
        return faults

    def alert(self, event, is_raised, room):
        name, call, faults = event["alert"], event.get("call_sid", ""), []
        key = event["conference_sid"], name, call
        if (key in self.open) == is_raised:
            faults.append(f"{event['id']}: {name} is {'raised twice' if is_raised else 'resolved, and was not raised'}")
        # A conference may end while it is empty, which is told after its alerts.
        ends_empty = not is_raised and name.startswith("empty:")
        if is_true(name, call, room) != is_raised and not ends_empty:
            faults.append(f"{event['id']}: {event['type']} {name} contradicts the room")
        self.raised += is_raised
        (self.open.add if is_raised else self.open.discard)(key)
        return faults


def expected_alerts(rooms, conditions):
    """Returns the alerts that are open once the rooms have been as they are for long enough."""
    found = set()
    for sid, room in rooms.items():
        for condition in conditions:
            is_personal = condition.split(":")[0] in ("hold", "muted", "coaching")
            found |= {(sid, condition, call) for call in (room if is_personal else [""]) if is_true(condition, call, room)}
    return found


class Monitor:
    """Samples the costs and the metrics of one run after another, each from its first answer to its end.

    A sample is (time, CPU time, KiB, descriptors, whether disturbed). While something happens to the watch that costs time,
    or saves some, `is_disturbed` is set: the slope of the CPU time leaves it out.
    """

    def __init__(self, port):
        self.port, self.faults, self.is_disturbed = port, [], False
        self.process = self.samples = None
        self.lags, self.scrapes, self.unready = [], 0, 0
        self.lock = threading.Lock()
        threading.Thread(target=self.work, daemon=True).start()

    def get(self, path):
        """Returns the status and the text of a probe; 0 without an answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, repr(error)

    def begin(self, process):
        with self.lock:
            self.process, self.samples, self.counters = process, [], {}

    def end(self):
        with self.lock:
            self.process = None

    def work(self):
        while True:
            with self.lock:
                if self.process is not None and self.process.poll() is None:
                    self.look()
            time.sleep(SAMPLE)

    def look(self):
        pid = self.process.pid
        try:
            self.samples.append((time.monotonic(), cpu_time(pid), memory(pid, "VmRSS"), len(descriptors(pid)),
                                 self.is_disturbed))
            for path in ("/healthz", "/readyz", "/metrics"):
                status, text = self.get(path)
                if path == "/readyz":
                    self.unready += status == 503
                elif status != 200:
                    self.faults.append(f"{path} answers {status}: {text[:100]}")
                elif path == "/metrics":
                    self.read(text)
        except (OSError, ValueError) as error:
            self.faults.append(f"no sample: {error!r}")

    def read(self, text):
        self.scrapes += 1
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                key = sample.name, tuple(sorted(sample.labels.items()))
                if sample.name.endswith(COUNTERS):
                    if sample.value < self.counters.get(key, 0):
                        self.faults.append(f"{key} falls from {self.counters[key]} to {sample.value}")
                    self.counters[key] = sample.value
                if sample.name == "rollcall_oldest_undelivered_seconds" and sample.labels["target"] == "good":
                    if not self.is_disturbed:
                        self.lags.append(sample.value)

    @property
    def lag(self):
        """The seconds that nine tenths of the samples do not exceed."""
        ordered = sorted(self.lags)
        return ordered[len(ordered) * 9 // 10] if ordered else 0.0


def mean(values):
    return sum(values) / len(values) if values else 0.0


def cpu_share(samples):
    """Returns the CPU time as a percentage of the time when nothing disturbed, and how many seconds that was."""
    pairs = [(before, after) for before, after in zip(samples, samples[1:]) if not (before[4] or after[4])]
    seconds = sum(after[0] - before[0] for before, after in pairs)
    return 100 * sum(after[1] - before[1] for before, after in pairs) / max(1.0, seconds), seconds


def slopes(samples):
    """Returns what a run costs from its second third to its last, in words, and which costs rise."""
    third = len(samples) // 3
    middle, last = samples[third:2 * third], samples[2 * third:]
    growth = mean([sample[2] for sample in last]) - mean([sample[2] for sample in middle])
    opened = max((sample[3] for sample in last), default=0) - max((sample[3] for sample in middle), default=0)
    (before, calm), (after, still) = cpu_share(middle), cpu_share(last)
    is_judged = min(calm, still) >= JUDGED
    minutes = (samples[-1][0] - samples[0][0]) / 60 if samples else 0
    words = (f"in {minutes:.0f} min without a restart RSS {samples[-1][2] / 1024:.1f} MiB {growth / 1024:+.1f},"
             f" descriptors {samples[-1][3]} {opened:+d}, CPU {before:.1f} % then {after:.1f} %"
             + ("" if is_judged else " (too short to judge)"))
    rising = [(growth > GROWTH, "memory"), (opened > SLACK, "descriptors"),
              (is_judged and after > before * CPU_RATIO + CPU_SLACK, "CPU time")]
    return words, [f"{name} grows: {words}" for rises, name in rising if rises]
